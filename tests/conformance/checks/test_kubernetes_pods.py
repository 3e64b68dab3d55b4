"""Containers on Kubernetes: what they may take, what they may do, and how they are asked."""

from __future__ import annotations

from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips
from tests.conformance.checks.manifests import (
    APP,
    BROKEN,
    BUDGET,
    CONTAINER,
    CRON,
    DEPLOYMENT,
    JOB,
    JOBS,
    LIBRARY,
    LIMITS,
    LIVENESS,
    MORE,
    PATCH,
    PRODUCTION,
    READINESS,
    REQUESTS,
    STARTUP,
    app,
    changed,
    merge,
    overlay,
    patch,
    pod,
)

CASES: Cases = {
    "kubernetes-resources": {
        "all": passes(app(), "1 container", (APP, 23)),
        "a limit is the request": passes(app("cpu: 100m, memory: 64Mi", "cpu: 100m")),
        "jobs too": passes({**app(), JOB: JOBS, MORE: CRON}, "3 containers"),
        "in a list": passes({APP: "apiVersion: v1\nkind: List\nitems:\n  - " + DEPLOYMENT.replace("\n", "\n    ")}),
        "no requests": fails(app(REQUESTS), "no request for cpu", (APP, 23)),
        "no memory": fails(
            app(REQUESTS + LIMITS, "            requests: {cpu: 100m}\n"), "no request for memory and limit for memory"
        ),
        "no limit": fails(app(LIMITS), "container server of Deployment ledger has no limit for memory"),
        "nothing": fails(app(CONTAINER, "        - {name: server, image: a}\n"), "has no request for cpu", (APP, 20)),
        "a container before": fails(
            app("      containers:", "      initContainers: [{name: wait}]\n      containers:"), "container wait"
        ),
        "a job": fails({**app(), JOB: changed(JOBS, LIMITS)}, "Job migrate"),
        "a job by the clock": fails({**app(), JOB: changed(CRON, "limits: {memory: 64Mi}")}, "CronJob clean"),
        "in a list, without": fails(
            {APP: "apiVersion: v1\nkind: List\nitems:\n  - " + changed(DEPLOYMENT, LIMITS).replace("\n", "\n    ")},
            "limit for memory",
        ),
        "a patch takes them away": fails(
            patch("- {op: remove, path: /spec/template/spec/containers/0/resources}"),
            "takes resources away",
            (PRODUCTION, 5),
        ),
        "a merge takes the limit away": fails(
            merge(pod("{containers: [{name: server, resources: {limits: {memory: null}}}]}")),
            "takes memory away",
            (PATCH, 4),
        ),
        "a patch sets more": passes(
            merge(pod("{containers: [{name: server, resources: {limits: {memory: 1Gi, cpu: null}}}]}"))
        ),
        "no workload": skips({APP: BUDGET}, "no workload"),
        "a chart": skips(
            {"deploy/chart/Chart.yaml": "name: a\n", "deploy/chart/templates/a.yaml": "a: {{ .Values.a }}\n"}, "1 chart"
        ),
        "not YAML": errs(BROKEN),
        "a patch that is not YAML": errs(patch("- [")),
    },
    "kubernetes-security-context": {
        "all": passes(app(), "not root", (APP, 26)),
        "in the container": passes(
            app(
                "            allowPrivilegeEscalation: false\n",
                "            allowPrivilegeEscalation: false\n            runAsNonRoot: true\n"
                "            seccompProfile: {type: Localhost}\n",
            )
        ),
        "a port below 1024": passes(app("{drop: [ALL]}", "{drop: [ALL], add: [NET_BIND_SERVICE]}")),
        "root": fails(app("        runAsNonRoot: true\n"), "lacks runAsNonRoot: true", (APP, 25)),
        "root by number": fails(app("runAsUser: 65532", "runAsUser: 0"), "a runAsUser other than 0"),
        "the container takes it back": fails(
            app("            readOnly", "            runAsNonRoot: false\n            readOnly"), "lacks runAsNonRoot"
        ),
        "escalation": fails(app("            allowPrivilegeEscalation: false\n"), "allowPrivilegeEscalation: false"),
        "privileged": fails(
            app("            readOnly", "            privileged: true\n            readOnly"), "privileged: false"
        ),
        "a file system to write to": fails(
            app("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"), "readOnlyRootFilesystem"
        ),
        "capabilities": fails(app("            capabilities: {drop: [ALL]}\n"), "capabilities.drop: [ALL]"),
        "some capabilities": fails(app("[ALL]", "[NET_RAW]"), "capabilities.drop: [ALL]"),
        "one more capability": fails(app("[ALL]", "[ALL], add: [SYS_ADMIN]"), "capabilities without additions"),
        "no seccomp": fails(app("{type: RuntimeDefault}", "{type: Unconfined}"), "a seccompProfile"),
        "nothing": fails(
            app(CONTAINER, "        - {name: server, image: a}\n"),
            "lacks allowPrivilegeEscalation: false, readOnly",
            (APP, 20),
        ),
        "a job": fails(
            {**app(), JOB: changed(JOBS, "runAsNonRoot: true", "runAsNonRoot: false")}, "Job migrate", (JOB, 24)
        ),
        "a patch takes it away": fails(
            patch("- {op: remove, path: /spec/template/spec/securityContext}"),
            "takes securityContext away",
            (PRODUCTION, 5),
        ),
        "a patch makes root": fails(
            patch("- {op: replace, path: /spec/template/spec/securityContext/runAsUser, value: 0}"),
            "sets runAsUser to 0",
        ),
        "a patch replaces the whole": fails(
            patch("- {op: add, path: /spec/template/spec/containers/0/securityContext, value: {privileged: true}}"),
            "sets privileged to true",
        ),
        "a merge": fails(
            merge(pod("{securityContext: {seccompProfile: {type: Unconfined}}}")), "profile to Unconfined", (PATCH, 4)
        ),
        "a merge adds": fails(
            merge(pod("{containers: [{name: server, securityContext: {capabilities: {add: [NET_ADMIN]}}}]}")),
            "capability NET_ADMIN",
        ),
        "an older kind of patch": fails(
            overlay(
                "patchesStrategicMerge:\n  - |\n    kind: Deployment\n"
                f"    spec: {pod('{securityContext: {runAsNonRoot: false}}')}\n"
            ),
            "sets runAsNonRoot to false",
            (PRODUCTION, 5),
        ),
        "no workload": skips(LIBRARY),
        "not YAML": errs(BROKEN),
    },
    "kubernetes-probes": {
        "all": passes(app(), "1 container", (APP, 31)),
        "a delay": passes({APP: changed(DEPLOYMENT, STARTUP).replace("Probe: {", "Probe: {initialDelaySeconds: 5, ")}),
        "jobs need none": passes({**app(), JOB: JOBS}),
        "containers before need none": passes(
            app("      containers:", "      initContainers: [{name: wait}]\n      containers:")
        ),
        "no liveness": fails(app(LIVENESS), "has no liveness probe", (APP, 20)),
        "no readiness": fails(app(READINESS), "has no readiness probe"),
        "neither": fails(app(READINESS + LIVENESS), "no liveness and readiness probe"),
        "a probe that asks nothing": fails(
            app(READINESS, "          readinessProbe: {periodSeconds: 1}\n"), "no readiness"
        ),
        "no time": fails(app(STARTUP), "no time to start"),
        "a second container": fails(
            app("        - name: server", "        - {name: proxy}\n        - name: server"), "container proxy"
        ),
        "a patch takes it away": fails(
            patch("- {op: remove, path: /spec/template/spec/containers/0/livenessProbe}"),
            "takes the livenessProbe away",
            (PRODUCTION, 5),
        ),
        "only jobs": skips({JOB: JOBS}, "no Deployment, StatefulSet or DaemonSet"),
        "not YAML": errs(BROKEN),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)
