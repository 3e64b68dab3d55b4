"""Manifests that are right, and ways to get them wrong."""

from __future__ import annotations

from tests.conformance.checks.cases import Texts

BASE = "deployments/k8s/base/"
APP, JOB, MORE = f"{BASE}deployment.yaml", f"{BASE}job.yaml", f"{BASE}more.yaml"
KUSTOMIZATION = f"{BASE}kustomization.yaml"
PRODUCTION = "deployments/k8s/overlays/production/kustomization.yaml"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  selector:
    matchLabels: {app: ledger}
  template:
    metadata:
      labels: {app: ledger}
    spec:
      serviceAccountName: ledger
      automountServiceAccountToken: false
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: zone, labelSelector: {matchLabels: {app: ledger}}, whenUnsatisfiable: DoNotSchedule}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: server
          image: ledger:v1.2.3
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {memory: 64Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          startupProbe: {httpGet: {path: /startupz, port: 1}}
          readinessProbe: {httpGet: {path: /readyz, port: 1}}
          livenessProbe: {httpGet: {path: /livez, port: 1}}
"""
CONTAINER = DEPLOYMENT[DEPLOYMENT.index("        - name: server") :]
POD = DEPLOYMENT[DEPLOYMENT.index("  template:") : DEPLOYMENT.index("          startupProbe")]
JOBS = f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate}}\nspec:\n{POD}"
CRON_POD = "".join(f"    {line}\n" for line in POD.splitlines())
CRON = f"apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: clean}}\nspec:\n  jobTemplate:\n    spec:\n{CRON_POD}"
REQUESTS, LIMITS = "            requests: {cpu: 100m, memory: 64Mi}\n", "            limits: {memory: 64Mi}\n"
STARTUP = "          startupProbe: {httpGet: {path: /startupz, port: 1}}\n"
READINESS = "          readinessProbe: {httpGet: {path: /readyz, port: 1}}\n"
LIVENESS = "          livenessProbe: {httpGet: {path: /livez, port: 1}}\n"
SPREAD = DEPLOYMENT[DEPLOYMENT.index("      topologySpread") : DEPLOYMENT.index("      securityContext")]
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ledger}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app: ledger}}
"""
SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ledger}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ledger}
  minReplicas: 2
  maxReplicas: 6
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ledger}
spec:
  podSelector: {matchLabels: {app: ledger}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{podSelector: {}}]
  egress:
    - ports: [{port: 53}]
"""
BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ledger}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: ledger}]
"""
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ledger}\nautomountServiceAccountToken: false\n"
PATCH = "deployments/k8s/overlays/production/patch.yaml"
LIBRARY: Texts = {"a.go": "package a\n"}
BROKEN: Texts = {APP: "kind: [\n"}


def app(old: str = "", new: str = "", **more: str) -> dict[str, str | bytes]:
    """Return a Deployment in which one text is replaced, and further files of the base by name."""
    assert old in DEPLOYMENT, old
    return {APP: DEPLOYMENT.replace(old, new, 1), **{f"{BASE}{name}.yaml": text for name, text in more.items()}}


def changed(text: str, old: str = "", new: str = "") -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def overlay(text: str, *resources: str, **more: str) -> dict[str, str | bytes]:
    """Return a Deployment with a base, and an overlay for production that has this text from line 2 on."""
    files = app(**more)
    listed = ", ".join(sorted(path.removeprefix(BASE) for path in files))
    return {**files, KUSTOMIZATION: f"resources: [{listed}]\n", PRODUCTION: f"resources: [../../base]\n{text}"}


def patch(operations: str, kind: str = "Deployment", **more: str) -> dict[str, str | bytes]:
    """Return an overlay with a JSON patch, whose operations stand from line 5 on."""
    return overlay(f"patches:\n  - target: {{kind: {kind}}}\n    patch: |\n      {operations}\n", **more)


def merge(spec: str, kind: str = "Deployment", **more: str) -> dict[str, str | bytes]:
    """Return an overlay with a strategic merge patch in a file of its own; `spec` stands on line 4."""
    text = f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: ledger}}\nspec: {spec}\n"
    return {**overlay("patches: [{path: patch.yaml}]\n", **more), PATCH: text}


def pod(fields: str) -> str:
    return f"{{template: {{spec: {fields}}}}}"
