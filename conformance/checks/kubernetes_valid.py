"""The Kubernetes manifests are valid, say the schemas of Kubernetes."""

from __future__ import annotations

from conformance.checks._manifests import deployable, patch_files
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted
from conformance.checks._workloads import none_here
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_JUDGED = ("deployments/k8s/**/*.yaml", "deployments/k8s/**/*.yml")


def judge(subject: Subject) -> Finding:
    """Judge the manifests below deployments/k8s by the schemas of Kubernetes; patches are parts, and left out."""
    found = deployable(subject)
    written = {each.path for each in found.manifests} - set(patch_files(found.kustomizations.values()))
    paths = [path for path in sorted(subject.paths(*_JUDGED)) if path in written]
    if not paths:
        return none_here(subject, "manifest below deployments/k8s")
    facts = [(path, subject.fact("kubernetes", path)) for path in paths]
    problems = [
        Problem(str(each["message"]).rstrip("."), path, each["line"])
        for path, fact in facts
        for each in fact["findings"]
    ]
    if problems:
        return failed_by(problems)
    skipped = sum(len(fact["skipped"]) for _, fact in facts)
    rest = f"; without a schema here: {counted(skipped, 'custom resource')}" if skipped else ""
    return passed(
        f"{counted(len(paths), 'file')} of manifests fit the schemas{rest}.", *(Evidence(path) for path in paths)
    )


CHECK = Check(
    id="kubernetes-valid",
    title="The Kubernetes manifests are valid",
    level=Level.SILVER,
    area="Kubernetes",
    applies_to="Services with manifests below deployments/k8s",
    rationale=(
        "A field that is misspelt or stands one level too high is dropped by clients that do not validate: the "
        "limit, the probe or the policy that it sets does not exist, and nobody is told. A wrong type stops the "
        "deployment half way."
    ),
    fix=(
        "Validate what kustomize makes, before you push:\n\n"
        "```sh\n"
        "kubectl kustomize deployments/k8s/overlays/production > production.yaml\n"
        "kubernetes-validate --strict production.yaml\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/reference/kubernetes-api/",
)
