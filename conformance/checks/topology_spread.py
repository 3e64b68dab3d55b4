"""Pods are spread over nodes and zones."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._workloads import Workload, none_here, selects, workloads
from conformance.examining.check import Check, Finding, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_REPLICATED = ("Deployment", "StatefulSet")
_CONSTRAINTS = "topologySpreadConstraints"


def judge(subject: Subject) -> Finding:
    """Judge every Deployment and StatefulSet: a constraint, or an anti-affinity, that counts its own pods."""
    found = workloads(subject, *_REPLICATED)
    if not found:
        return none_here(subject, "Deployment or StatefulSet")
    problems = [problem for each in found for problem in _problems(each)]
    problems += weakened(subject, _REPLICATED, _taken_away)
    if problems:
        return failed_by(problems)
    places = [each.manifest.evidence(rule) for each in found for rule in _rules(each) if _counts(rule, each)]
    return passed("The pods of every Deployment are spread over nodes or zones.", *places)


def _problems(workload: Workload) -> Iterator[Problem]:
    rules = list(_rules(workload))
    if any(_counts(rule, workload) for rule in rules):
        return
    place = workload.manifest.evidence(rules[0] if rules else workload.pod)
    words = "spreads pods with other labels than its own" if rules else "does not say how its pods are spread"
    yield Problem(f"{workload.title} {words}", place.path, place.line)


def _rules(workload: Workload) -> Iterator[Node]:
    """Yield the spread constraints, and the terms of anti-affinity, which spread too."""
    yield from workload.pod[_CONSTRAINTS]
    rules = workload.pod.at("affinity.podAntiAffinity")
    yield from rules["requiredDuringSchedulingIgnoredDuringExecution"]
    for preferred in rules["preferredDuringSchedulingIgnoredDuringExecution"]:
        yield preferred["podAffinityTerm"]


def _counts(rule: Node, workload: Workload) -> bool:
    return bool(rule["topologyKey"].text) and selects(rule["labelSelector"], workload.labels)


def _taken_away(change: Change) -> str:
    return f"A patch takes the {_CONSTRAINTS} away" if change.is_removed and change.ends(_CONSTRAINTS) else ""


CHECK = Check(
    id="topology-spread",
    title="Pods are spread over nodes and zones",
    level=Level.GOLD,
    area="Kubernetes",
    applies_to="Services with a Deployment or StatefulSet in Kubernetes manifests",
    rationale=(
        "Two pods on one node are one when the node fails. The scheduler spreads by default only softly, and not by "
        "zone in every cluster. A constraint says what matters to the service; its label selector must select the "
        "service's own pods, or it counts nothing."
    ),
    fix=(
        "Add constraints to the pod:\n\n"
        "```yaml\n"
        "topologySpreadConstraints:\n"
        "  - maxSkew: 1\n"
        "    topologyKey: topology.kubernetes.io/zone\n"
        "    whenUnsatisfiable: ScheduleAnyway\n"
        "    labelSelector:\n"
        "      matchLabels: {app.kubernetes.io/name: ledger}\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
)
