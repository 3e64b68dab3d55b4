"""Checks across image, manifests and code."""

from __future__ import annotations

from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips

IMAGE, DEPLOYMENT, SERVICE = "Dockerfile", "deployments/k8s/base/deployment.yaml", "deployments/k8s/base/service.yaml"
KUSTOMIZATION = "deployments/k8s/base/kustomization.yaml"
OVERLAY = "deployments/k8s/overlays/production/kustomization.yaml"
PLAIN = "FROM scratch\nEXPOSE 8080 9090\n"
CHECKED = f'{PLAIN}HEALTHCHECK CMD ["/a"]\n'
LIBRARY = {"type": "library"}
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: ledger}
spec:
  template:
    metadata:
      labels: {app: ledger}
    spec:
      containers:
        - name: server
          image: ledger
          ports:
            - {name: http, containerPort: 8080}
            - {name: admin, containerPort: 9090}
          readinessProbe:
            httpGet: {path: /readyz, port: admin}
          livenessProbe:
            httpGet: {path: /livez, port: admin}
"""
SIDECAR = """\
        - name: proxy
          image: envoy
          ports: [{name: proxy, containerPort: 15001}]
"""
SENDS = """\
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec:
  selector: {app: ledger}
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: admin, port: 9090}
"""
GO = 'package app\n\nfunc routes() {\n\tmux.Handle("GET /livez", a)\n\tmux.Handle("/readyz", b)\n}\n'
KUSTOMIZE = """\
resources: [deployment.yaml, service.yaml]
labels:
  - includeTemplates: true
    pairs: {team: payments}
"""
PATCH = """\
resources: [../../base]
patches:
  - target: {kind: Deployment}
    patch: |
      - op: replace
        path: /spec/template/spec/containers/0/readinessProbe/httpGet/path
        value: /WHERE
"""
NAMED = {"ref": "component:default/ledger", "type": "service"}
BARE = POD[: POD.index("          readinessProbe")]


def tree(pod: str = POD, service: str = SENDS, image: str = PLAIN, go: str = GO) -> dict[str, str | bytes]:
    """Return a small service; an empty text leaves its file out."""
    files: dict[str, str | bytes] = {DEPLOYMENT: pod, SERVICE: service, IMAGE: image, "internal/app/routes.go": go}
    return {path: text for path, text in files.items() if text}


CASES: Cases = {
    "container-health": {
        "the image": passes({IMAGE: CHECKED}, "by HEALTHCHECK", (IMAGE, 3)),
        "of the stage below": passes({IMAGE: f"FROM scratch AS a\n{CHECKED[13:]}FROM a\n"}),
        "the probes": passes(tree(), "readiness or a liveness probe", (DEPLOYMENT, 16)),
        "a library with an image": passes({IMAGE: CHECKED}, entity=LIBRARY),
        "a proxy needs none": passes(tree(POD + SIDECAR), entity=NAMED),
        "neither": fails({IMAGE: PLAIN}, "Dockerfile has no HEALTHCHECK", (IMAGE, 1)),
        "switched off": fails({IMAGE: f"{CHECKED}HEALTHCHECK none\n"}, "has no HEALTHCHECK", (IMAGE, 4)),
        "one of two images": fails({IMAGE: CHECKED, "a.Dockerfile": PLAIN}, "a.Dockerfile has no", ("a.Dockerfile", 1)),
        "no probe": fails(tree(BARE), "Container server of Deployment ledger has neither", (DEPLOYMENT, 10)),
        "only a startup probe": fails(
            tree(BARE + "          startupProbe: {tcpSocket: {port: http}}\n"), "has neither", (DEPLOYMENT, 10)
        ),
        "one of two containers": fails(tree(POD + SIDECAR), "Container proxy", (DEPLOYMENT, 19)),
        "nothing at all": fails({}, "neither a Dockerfile with HEALTHCHECK nor a workload"),
        "a library": skips({}, "Nothing of this component runs", entity=LIBRARY),
        "a broken Dockerfile": errs({IMAGE: b"FROM a\xff\n"}, "not UTF-8"),
        "a broken manifest": errs(tree("a: ["), "not valid YAML"),
        "a link": errs({IMAGE: "x"}, "symbolic link", links=frozenset({IMAGE})),
    },
    "probe-routes": {
        "both": passes(tree(), "2 probes ask routes", (DEPLOYMENT, 16)),
        "with a query": passes(tree(POD.replace("/readyz", "/readyz?full=1"))),
        "with a slash at the end": passes(tree(POD.replace("/readyz", "/readyz/"))),
        "of a group": passes(
            tree(POD.replace("/readyz", "/health/ready"), go=GO.replace("/readyz", "/health") + '\nvar a = "/ready"\n')
        ),
        "a constant": passes(tree(go=GO.replace('"/readyz"', "ready") + '\nconst ready = "/readyz"\n')),
        "an unreadable file elsewhere": passes({**tree(), "internal/b.go": b"\xff"}),
        "a proxy's own": passes(
            tree(POD + SIDECAR + "          readinessProbe: {httpGet: {path: /proxy}}\n"), entity=NAMED
        ),
        "a path that is no route": fails(
            tree(POD.replace("/readyz", "/ready")),
            "The readiness probe of container server of Deployment ledger asks /ready, which no route",
            (DEPLOYMENT, 16),
        ),
        "no path is the root": fails(tree(POD.replace("path: /livez, ", "")), "liveness probe", (DEPLOYMENT, 18)),
        "a path of a million characters": fails(tree(POD.replace("/readyz", "/a" * 500_000)), "which no route"),
        "only in a test": fails({**tree(go="package app\n"), "a_test.go": GO}, "which no route", (DEPLOYMENT, 16)),
        "only in other code": fails({**tree(go=""), "vendor/a/b.go": GO}, "which no route", (DEPLOYMENT, 18)),
        "of two files is no group": fails(
            {
                **tree(POD.replace("/readyz", "/health/ready"), go=GO.replace("/readyz", "/ready")),
                "b.go": 'package b\n\nvar a = "/health"\n',
            },
            "asks /health/ready",
        ),
        "a patch": fails(
            {**tree(), KUSTOMIZATION: KUSTOMIZE, OVERLAY: PATCH}, "A patch lets a probe ask /WHERE", (OVERLAY, 7)
        ),
        "a patch to a route": passes(
            {**tree(), KUSTOMIZATION: KUSTOMIZE, OVERLAY: PATCH.replace("/WHERE", "/livez")}, "2 probes"
        ),
        "no workload": skips({"a.go": GO}, "no workload in the Kubernetes manifests"),
        "no HTTP": skips(tree(BARE + "          livenessProbe: {tcpSocket: {port: http}}\n"), "asks by HTTP"),
        "an unreadable file may have it": errs({**tree(go=""), "b.go": b"\xff"}, "not UTF-8"),
        "a broken manifest": errs(tree("a: ["), "not valid YAML"),
    },
    "ports-agree": {
        "all three": passes(tree(), "agree on 8080 and 9090", (DEPLOYMENT, 13)),
        "by number": passes(tree(service=SENDS.replace("targetPort: http", "targetPort: 8080"))),
        "with protocols and ranges": passes(tree(image="FROM scratch\nEXPOSE 8080/tcp\nEXPOSE 9090-9090\n")),
        "in variables": passes(tree(image="FROM scratch\nENV PORT=8080\nARG ADMIN=9090\nEXPOSE $PORT ${ADMIN}\n")),
        "no image": passes(tree(image="")),
        "no Service": passes(tree(service="")),
        "labels of a kustomization": passes(
            {**tree(service=SENDS.replace("app: ledger", "app: ledger, team: payments")), KUSTOMIZATION: KUSTOMIZE}
        ),
        "a proxy beside it": passes(
            tree(POD + SIDECAR, f"{SENDS}    - {{name: p, port: 1, targetPort: proxy}}\n"), entity=NAMED
        ),
        "a Service for somebody else": passes(
            tree(service=f"{SENDS}---\n{SENDS.replace('app: ledger', 'app: other').replace('9090', '1')}")
        ),
        "a headless external Service": passes(
            tree(
                service=f"{SENDS}---\napiVersion: v1\nkind: Service\nspec: {{type: ExternalName, externalName: a.b}}\n"
            )
        ),
        "another name": fails(
            tree(service=SENDS.replace("targetPort: http", "targetPort: web")),
            "Service ledger sends to port web",
            (SERVICE, 7),
        ),
        "another number": fails(
            tree(service=SENDS.replace("port: 9090", "port: 9091")), "sends to port 9091", (SERVICE, 8)
        ),
        "another container port": fails(
            tree(POD.replace("containerPort: 8080", "containerPort: 8081")),
            "Port 8081 of container server",
            (DEPLOYMENT, 13),
        ),
        "a port that no Service reaches": fails(
            tree(service=SENDS[: SENDS.rindex("    -")]), "is the target of no Service", (DEPLOYMENT, 14)
        ),
        "no Service selects it": fails(
            tree(service=SENDS.replace("app: ledger", "app: other")), "No Service selects the pods", (DEPLOYMENT, 13)
        ),
        "not exposed": fails(
            tree(image="FROM scratch\nEXPOSE 8080\n"), "9090 of container server of", (DEPLOYMENT, 14)
        ),
        "nothing exposed": fails(tree(image="FROM scratch\n"), "is not exposed by the image", (DEPLOYMENT, 13)),
        "exposed for nobody": fails(tree(image=f"{PLAIN}EXPOSE 7070\n"), "exposes port 7070", (IMAGE, 3)),
        "no container port": fails(
            tree(BARE[: BARE.index("          ports")], "", "FROM scratch\nEXPOSE 1\n"), "exposes port 1,", (IMAGE, 2)
        ),
        "no workload": skips({IMAGE: PLAIN}, "no workload in the Kubernetes manifests"),
        "no ports": skips(tree(BARE[: BARE.index("          ports")], "", "FROM scratch\n"), "name a port"),
        "exposed without a value": errs(tree(image="FROM scratch\nARG P\nEXPOSE $P\n"), "EXPOSE $P"),
        "a broken manifest": errs(tree(service="a: ["), "not valid YAML"),
        "a broken Dockerfile": errs(tree(image="RUN a\n"), "before the first FROM"),
        "a link": errs(tree(), "symbolic link", links=frozenset({IMAGE})),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)
