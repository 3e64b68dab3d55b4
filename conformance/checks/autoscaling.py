"""The number of pods follows the load, and is never one."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._manifests import Manifest, deployable
from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._workloads import Workload, none_here, workloads
from conformance.examining.check import Check, Finding, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

LEAST = 2
_FIELDS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
}
"""Autoscalers, of Kubernetes and of KEDA, and what they call their bounds."""


def judge(subject: Subject) -> Finding:
    """Judge every Deployment: an autoscaler targets it, from at least two pods to more."""
    found = workloads(subject, "Deployment")
    if not found:
        return none_here(subject, "Deployment")
    problems = [problem for each in found for problem in _problems(subject, each)]
    problems += weakened(subject, tuple(_FIELDS), _weakening)
    if problems:
        return failed_by(problems)
    places = [scaler.evidence(_least(scaler)) for each in found for scaler in _scalers(subject, each)]
    return passed(f"Every Deployment is scaled automatically, from at least {LEAST} pods.", *places)


def _scalers(subject: Subject, workload: Workload) -> list[Manifest]:
    scalers = deployable(subject).of_kind(*_FIELDS)
    targets = [(each, each.node.at("spec.scaleTargetRef")) for each in scalers]
    return [each for each, target in targets if _is_target(target, workload)]


def _is_target(target: Node, workload: Workload) -> bool:
    kind = target["kind"].text or "Deployment"
    return target["name"].text == workload.manifest.name and kind == workload.manifest.kind


def _problems(subject: Subject, workload: Workload) -> Iterator[Problem]:
    scalers = _scalers(subject, workload)
    if not scalers:
        place = workload.manifest.evidence()
        yield Problem(f"No HorizontalPodAutoscaler targets {workload.title}", place.path, place.line)
    for each in scalers:
        least, most = _number(_least(each), 1), _number(each.node["spec"][_FIELDS[each.kind][1]], 100)
        place = each.evidence(_least(each) or each.node["spec"])
        if least < LEAST:
            yield Problem(
                f"{each.title} goes down to {least}, which is fewer than {LEAST} pods", place.path, place.line
            )
        elif most <= least:
            yield Problem(f"{each.title} cannot scale: it goes from {least} to {most}", place.path, place.line)


def _least(scaler: Manifest) -> Node:
    return scaler.node["spec"][_FIELDS[scaler.kind][0]]


def _number(node: Node, default: int) -> int:
    return node.value if isinstance(node.value, int) else default


def _weakening(change: Change) -> str:
    if change.kind not in _FIELDS:
        return ""
    if change.is_removed and (not change.keys or change.ends(_FIELDS[change.kind][0])):
        return "A patch takes the lower bound of the autoscaler away"
    is_lower = change.ends(_FIELDS[change.kind][0]) and _number(change.node, LEAST) < LEAST
    return f"A patch lets the autoscaler go down to {change.node.text}" if is_lower else ""


CHECK = Check(
    id="autoscaling",
    title="The service scales with its load",
    level=Level.GOLD,
    area="Kubernetes",
    applies_to="Services with a Deployment in Kubernetes manifests",
    rationale=(
        "A number of pods that somebody once typed in is too small on the day that counts and too large on all "
        "others. And with one pod every restart, every deployment and every drained node is an outage: two are the "
        "least."
    ),
    fix=(
        "Target the Deployment by its name, and leave `replicas` out there:\n\n"
        "```yaml\n"
        "apiVersion: autoscaling/v2\n"
        "kind: HorizontalPodAutoscaler\n"
        "metadata: {name: ledger}\n"
        "spec:\n"
        "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ledger}\n"
        "  minReplicas: 2\n"
        "  maxReplicas: 6\n"
        "  metrics:\n"
        "    - type: Resource\n"
        "      resource:\n"
        "        name: cpu\n"
        "        target: {type: Utilization, averageUtilization: 70}\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
)
