"""Draining a node leaves enough pods."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._manifests import Manifest, deployable
from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._workloads import Workload, none_here, selects, workloads
from conformance.examining.check import Check, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_KIND = "PodDisruptionBudget"
_REPLICATED = ("Deployment", "StatefulSet")


def judge(subject: Subject) -> Finding:
    """Judge every Deployment and StatefulSet: a budget selects its pods, and lets some of them go."""
    found = workloads(subject, *_REPLICATED)
    if not found:
        return none_here(subject, "Deployment or StatefulSet")
    problems = [problem for each in found for problem in _problems(subject, each)]
    problems += weakened(subject, (_KIND,), _weakening)
    if problems:
        return failed_by(problems)
    places = [budget.evidence() for each in found for budget in _budgets(subject, each)]
    return passed("A disruption budget covers the pods of every Deployment.", *places)


def _budgets(subject: Subject, workload: Workload) -> list[Manifest]:
    budgets = deployable(subject).of_kind(_KIND)
    return [each for each in budgets if selects(each.node.at("spec.selector"), workload.labels)]


def _problems(subject: Subject, workload: Workload) -> Iterator[Problem]:
    budgets = _budgets(subject, workload)
    if not budgets:
        place = workload.manifest.evidence()
        yield Problem(f"No PodDisruptionBudget selects the pods of {workload.title}", place.path, place.line)
    for each in budgets:
        spec = each.node["spec"]
        for field, never in (("maxUnavailable", ("0", "0%")), ("minAvailable", ("100%",))):
            if spec[field].text in never:
                words = f"{each.title} has {field}: {spec[field].text}, so that no node with a pod can be drained"
                yield Problem(words, each.path, spec[field].line)
        if not spec["maxUnavailable"] and not spec["minAvailable"]:
            place = each.evidence(spec)
            yield Problem(f"{each.title} sets neither maxUnavailable nor minAvailable", place.path, place.line)


def _weakening(change: Change) -> str:
    if change.kind != _KIND:
        return ""
    if change.is_removed and not change.keys:
        return "A patch deletes the disruption budget"
    is_never = change.ends("maxUnavailable") and change.node.text in ("0", "0%")
    return "A patch sets maxUnavailable to 0, so that no node can be drained" if is_never else ""


CHECK = Check(
    id="disruption-budget",
    title="A disruption budget protects the pods",
    level=Level.GOLD,
    area="Kubernetes",
    applies_to="Services with a Deployment or StatefulSet in Kubernetes manifests",
    rationale=(
        "When a node is drained for an upgrade, Kubernetes may evict all pods of a service at once. A budget lets "
        "them go one after another. It must select the very pods, and it must let one go: a budget that allows none "
        "stops the upgrade of the cluster."
    ),
    fix=(
        "Select the Deployment's pods:\n\n"
        "```yaml\n"
        "apiVersion: policy/v1\n"
        "kind: PodDisruptionBudget\n"
        "metadata: {name: ledger}\n"
        "spec:\n"
        "  maxUnavailable: 1\n"
        "  selector:\n"
        "    matchLabels: {app.kubernetes.io/name: ledger}\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
)
