"""What keeps a service up and closed: budgets, scaling, spreading and network policies."""

from __future__ import annotations

from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips
from tests.conformance.checks.manifests import (
    APP,
    BROKEN,
    BUDGET,
    DEPLOYMENT,
    JOB,
    JOBS,
    LIBRARY,
    MORE,
    PATCH,
    POLICY,
    PRODUCTION,
    SCALER,
    SPREAD,
    app,
    changed,
    merge,
    overlay,
    patch,
)

EXPRESSIONS = "{matchExpressions: [{key: app, operator: In, values: [ledger]}, {key: x, operator: DoesNotExist}]}"
KEDA = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
spec:
  scaleTargetRef: {{name: ledger}}
  minReplicaCount: {}
"""
AFFINITY = "      affinity:\n        podAntiAffinity:\n          {}:\n            {}\n"
IGNORED = "SchedulingIgnoredDuringExecution"
TERM = "{topologyKey: host, labelSelector: {matchLabels: {app: ledger}}}"
CASES: Cases = {
    "disruption-budget": {
        "of the pods": passes(app(more=BUDGET), "covers the pods", (MORE, 1)),
        "a least number": passes(app(more=changed(BUDGET, "maxUnavailable: 1", "minAvailable: 50%"))),
        "by an expression": passes(
            app(
                more=changed(
                    BUDGET,
                    "{matchLabels: {app: ledger}}",
                    EXPRESSIONS,
                )
            )
        ),
        "labels of kustomize": passes(
            overlay("", more=changed(BUDGET, "{app: ledger}", "{app: ledger, team: a}"))
            | {PRODUCTION: "resources: [../../base]\nlabels: [{includeTemplates: true, pairs: {team: a}}]\n"}
        ),
        "common labels of kustomize": passes(
            overlay("commonLabels: {team: a}\n", more=changed(BUDGET, "{app: ledger}", "{team: a}"))
        ),
        "none": fails(app(), "No PodDisruptionBudget selects the pods of Deployment ledger", (APP, 1)),
        "of other pods": fails(app(more=changed(BUDGET, "{app: ledger}", "{app: other}")), "No PodDisruptionBudget"),
        "no selector": fails(
            app(more=changed(BUDGET, "  selector: {matchLabels: {app: ledger}}\n")), "No PodDisruptionBudget"
        ),
        "labels that stay off the pods": fails(
            overlay("", more=changed(BUDGET, "{app: ledger}", "{team: a}"))
            | {PRODUCTION: "resources: [../../base]\nlabels: [{pairs: {team: a}}]\n"},
            "No PodDisruptionBudget",
        ),
        "no pod may go": fails(
            app(more=changed(BUDGET, "maxUnavailable: 1", "maxUnavailable: 0")),
            "no node with a pod can be drained",
            (MORE, 5),
        ),
        "all must stay": fails(
            app(more=changed(BUDGET, "maxUnavailable: 1", "minAvailable: 100%")), "minAvailable: 100%"
        ),
        "no number": fails(app(more=changed(BUDGET, "  maxUnavailable: 1\n")), "sets neither"),
        "one of two": fails(
            {
                **app(more=BUDGET),
                JOB: DEPLOYMENT.replace("ledger", "other").replace("kind: Deployment", "kind: StatefulSet"),
            },
            "StatefulSet other",
        ),
        "a patch": fails(
            merge("{maxUnavailable: 0}", "PodDisruptionBudget", more=BUDGET), "sets maxUnavailable to 0", (PATCH, 4)
        ),
        "a patch deletes it": fails(
            overlay("patches:\n  - patch: |\n      $patch: delete\n      kind: PodDisruptionBudget\n", more=BUDGET),
            "deletes the disruption budget",
            (PRODUCTION, 4),
        ),
        "only jobs": skips({JOB: JOBS}, "no Deployment or StatefulSet"),
        "not YAML": errs(BROKEN),
    },
    "autoscaling": {
        "two or more": passes(app(more=SCALER), "from at least 2 pods", (MORE, 6)),
        "KEDA": passes(app(more=KEDA.format(2))),
        "a patch with more": passes(
            patch("- {op: replace, path: /spec/minReplicas, value: 3}", "HorizontalPodAutoscaler", more=SCALER)
        ),
        "none": fails(app(), "No HorizontalPodAutoscaler targets Deployment ledger", (APP, 1)),
        "of another": fails(
            app(more=changed(SCALER, "name: ledger}\n  min", "name: other}\n  min")), "No HorizontalPodAutoscaler"
        ),
        "of another kind": fails(
            app(more=changed(SCALER, "kind: Deployment", "kind: StatefulSet")), "No HorizontalPodAutoscaler"
        ),
        "one": fails(app(more=changed(SCALER, "minReplicas: 2", "minReplicas: 1")), "goes down to 1", (MORE, 6)),
        "by default one": fails(app(more=changed(SCALER, "  minReplicas: 2\n")), "goes down to 1", (MORE, 5)),
        "it cannot grow": fails(app(more=changed(SCALER, "maxReplicas: 6", "maxReplicas: 2")), "from 2 to 2"),
        "KEDA, from none": fails(
            app(more=KEDA.format(0)),
            "down to 0",
        ),
        "a patch": fails(
            patch("- {op: replace, path: /spec/minReplicas, value: 1}", "HorizontalPodAutoscaler", more=SCALER),
            "go down to 1",
            (PRODUCTION, 5),
        ),
        "a patch takes it away": fails(
            patch("- {op: remove, path: /spec/minReplicas}", "HorizontalPodAutoscaler", more=SCALER), "lower bound"
        ),
        "no Deployment": skips({JOB: JOBS}, "no Deployment"),
        "not YAML": errs(BROKEN),
    },
    "topology-spread": {
        "a constraint": passes(app(), "are spread", (APP, 14)),
        "an anti-affinity": passes(app(SPREAD, AFFINITY.format(f"requiredDuring{IGNORED}", f"- {TERM}"))),
        "a preferred anti-affinity": passes(
            app(SPREAD, AFFINITY.format(f"preferredDuring{IGNORED}", f"- {{weight: 1, podAffinityTerm: {TERM}}}"))
        ),
        "none": fails(
            app(SPREAD),
            "does not say how its pods are spread",
            (APP, 11),
        ),
        "of other pods": fails(
            app("labelSelector: {matchLabels: {app: ledger}}", "labelSelector: {matchLabels: {app: other}}"),
            "other labels than its own",
            (APP, 14),
        ),
        "of no pods": fails(app(", labelSelector: {matchLabels: {app: ledger}}"), "other labels"),
        "a patch takes it away": fails(
            patch("- {op: remove, path: /spec/template/spec/topologySpreadConstraints}"),
            "takes the topologySpreadConstraints away",
            (PRODUCTION, 5),
        ),
        "only jobs": skips({JOB: JOBS}),
        "not YAML": errs(BROKEN),
    },
    "network-policy": {
        "both ways": passes(app(more=POLICY), "1 workload", (MORE, 1)),
        "two policies": passes(
            app(
                more=changed(POLICY, "[Ingress, Egress]", "[Ingress]")
                + "---\n"
                + changed(POLICY, "{matchLabels: {app: ledger}}", "{}")
            )
        ),
        "types by their rules": passes(app(more=changed(POLICY, "  policyTypes: [Ingress, Egress]\n"))),
        "a network with exceptions": passes(
            app(
                more=changed(
                    POLICY, "- ports: [{port: 53}]", "- to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]"
                )
            )
        ),
        "none": fails(app(), "No NetworkPolicy cuts off the ingress and egress of Deployment ledger", (APP, 1)),
        "of other pods": fails(
            app(more=changed(POLICY, "{app: ledger}", "{app: other}")), "ingress and egress of Deployment ledger"
        ),
        "one way": fails(app(more=changed(POLICY, "[Ingress, Egress]", "[Ingress]")), "cuts off the egress of"),
        "one way by its rules": fails(
            app(more=POLICY[: POLICY.index("  egress")].replace("  policyTypes: [Ingress, Egress]\n", "")),
            "the egress of",
        ),
        "everybody may come in": fails(
            app(more=changed(POLICY, "- from: [{podSelector: {}}]", "- {}")), "lets all ingress through", (MORE, 8)
        ),
        "everywhere may be gone to": fails(
            app(more=changed(POLICY, "- ports: [{port: 53}]", "- to: [{ipBlock: {cidr: 0.0.0.0/0}}]")),
            "lets all egress through",
            (MORE, 10),
        ),
        "a job is left out": fails({**app(more=POLICY), JOB: JOBS.replace("ledger", "job")}, "of Job migrate"),
        "a patch deletes it": fails(
            overlay("patches:\n  - patch: |\n      $patch: delete\n      kind: NetworkPolicy\n", more=POLICY),
            "takes a NetworkPolicy",
            (PRODUCTION, 4),
        ),
        "a patch takes a direction": fails(
            patch("- {op: remove, path: /spec/policyTypes/1}", "NetworkPolicy", more=POLICY),
            "a direction of it",
            (PRODUCTION, 5),
        ),
        "no workload": skips(LIBRARY),
        "not YAML": errs(BROKEN),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)
