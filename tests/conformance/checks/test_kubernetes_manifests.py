"""Manifests: valid, with versions of images and accounts of their own."""

from __future__ import annotations

from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips
from tests.conformance.checks.manifests import (
    ACCOUNT,
    APP,
    BINDING,
    BROKEN,
    BUDGET,
    DEPLOYMENT,
    JOB,
    JOBS,
    KUSTOMIZATION,
    LIBRARY,
    MORE,
    PATCH,
    PRODUCTION,
    SCALER,
    app,
    changed,
    merge,
    overlay,
    patch,
    pod,
)

CASES: Cases = {
    "kubernetes-valid": {
        "valid": passes(app(more=BUDGET), "2 files of manifests", (APP, 0)),
        "a custom resource": passes(app(more="apiVersion: a.example/v1\nkind: Thing\n"), "1 custom resource"),
        "a patch is a part": passes(merge("{replicas: 3}")),
        "an unknown field": fails(app("  selector:", "  replica: 2\n  selector:"), "replica", (APP, 5)),
        "a wrong type": fails(app(more=changed(SCALER, "minReplicas: 2", "minReplicas: two")), "two", (MORE, 6)),
        "a field that is missing": fails(app("  selector:\n    matchLabels: {app: ledger}\n"), "selector"),
        "a document of two": fails(app(more=f"{BUDGET}---\n{changed(SCALER, 'spec:', 'spek:')}"), "spek"),
        "no manifest": skips(LIBRARY, "no manifest below deployments/k8s"),
        "elsewhere": skips({"deploy/a.yaml": DEPLOYMENT}),
        "not YAML": errs(BROKEN),
    },
    "kubernetes-image-tags": {
        "a tag": passes(app(), "1 container", (APP, 21)),
        "a digest": passes(app("ledger:v1.2.3", f"host:5000/ledger@sha256:{'a' * 64}")),
        "set by the overlay": passes(
            overlay("images:\n  - {name: host:5000/a/ledger, newTag: v1}\n")
            | app("ledger:v1.2.3", "host:5000/a/ledger"),
            at=(PRODUCTION, 3),
        ),
        "a digest by the overlay": passes(
            overlay("images:\n  - {name: ledger, newName: b, digest: sha256:a}\n") | app(":v1.2.3")
        ),
        "set by the base": passes(
            overlay("")
            | app(":v1.2.3")
            | {KUSTOMIZATION: "resources: [deployment.yaml]\nimages: [{name: ledger, newTag: v1}]\n"}
        ),
        "set by a component": passes(
            overlay("components: [../../components/a]\n")
            | app(":v1.2.3")
            | {
                "deployments/k8s/components/a/kustomization.yaml": "kind: Component\nresources: []\n",
                PRODUCTION: "resources: [../../base]\nimages: [{name: ledger, newTag: v1}]\n",
            }
        ),
        "untagged": fails(app(":v1.2.3"), "has no version: ledger", (APP, 21)),
        "latest": fails(app("v1.2.3", "latest"), "follows latest", (APP, 21)),
        "a port is no tag": fails(app("ledger:v1.2.3", "host:5000/ledger"), "has no version: host:5000/ledger"),
        "no image": fails(app("image: ledger:v1.2.3", "tty: true"), "it has no name either"),
        "latest by the overlay": fails(
            overlay("images:\n  - {name: ledger, newTag: latest}\n"),
            "as deployments/k8s/overlays/production deploys it, follows latest",
            (PRODUCTION, 3),
        ),
        "another image is set": fails(
            overlay("images:\n  - {name: other, newTag: v1}\n") | app(":v1.2.3"), "deploys it, has no version"
        ),
        "one overlay of two": fails(
            overlay("images:\n  - {name: ledger, newTag: v1}\n")
            | app(":v1.2.3")
            | {PRODUCTION.replace("production", "test"): "resources: [../../base]\n"},
            "overlays/test deploys it, has no version",
            (APP, 21),
        ),
        "the overlay takes the tag": fails(
            overlay("images:\n  - {name: ledger, newName: b}\n") | app(":v1.2.3"), "has no version: b"
        ),
        "a patch": fails(
            patch("- {op: replace, path: /spec/template/spec/containers/0/image, value: a}"),
            "sets the image a",
            (PRODUCTION, 5),
        ),
        "a merge": fails(
            merge(pod("{containers: [{name: server, image: 'a:latest'}]}")), "sets the image a:latest", (PATCH, 4)
        ),
        "a patch with a version": passes(
            patch("- {op: replace, path: /spec/template/spec/containers/0/image, value: 'a:v2'}")
        ),
        "no workload": skips(LIBRARY),
        "not YAML": errs(BROKEN),
    },
    "kubernetes-service-account": {
        "its own": passes(app(), "1 workload", (APP, 11)),
        "the account says it": passes(app("      automountServiceAccountToken: false\n", more=ACCOUNT)),
        "a role": passes(app("      automountServiceAccountToken: false\n", more=BINDING)),
        "a role, and a patch": passes(
            patch("- {op: add, path: /spec/template/spec/automountServiceAccountToken, value: true}", more=BINDING)
        ),
        "none": fails(app("      serviceAccountName: ledger\n"), "uses the default account", (APP, 11)),
        "the default one": fails(
            app("serviceAccountName: ledger", "serviceAccountName: default"), "uses the default account", (APP, 11)
        ),
        "nothing is said": fails(
            app("      automountServiceAccountToken: false\n"), "does not say that it needs no token"
        ),
        "a token": fails(app("Token: false", "Token: true"), "mounts the token", (APP, 12)),
        "the account gives it": fails(
            app("      automountServiceAccountToken: false\n", more=changed(ACCOUNT, "false", "true")),
            "mounts the token",
            (MORE, 4),
        ),
        "a role for another": fails(
            app("Token: false", "Token: true", more=changed(BINDING, "name: ledger}]", "name: other}]")),
            "mounts the token",
        ),
        "a job": fails(
            {**app(), JOB: changed(JOBS, "      serviceAccountName: ledger\n")}, "Job migrate uses the default"
        ),
        "a patch": fails(
            patch("- {op: add, path: /spec/template/spec/automountServiceAccountToken, value: true}"),
            "sets automountServiceAccountToken",
            (PRODUCTION, 5),
        ),
        "no workload": skips(LIBRARY),
        "not YAML": errs(BROKEN),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)
