"""Nothing speaks to the pods, and they speak to nothing, that is not named."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._manifests import Manifest, deployable
from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, listed
from conformance.checks._workloads import Workload, none_here, selects, workloads
from conformance.examining.check import Check, Finding, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_KIND = "NetworkPolicy"
_DIRECTIONS = {"Ingress": "from", "Egress": "to"}
"""The directions, and what a rule calls the other side."""
_EVERYWHERE = ("0.0.0.0/0", "::/0")


def judge(subject: Subject) -> Finding:
    """Judge every workload: policies isolate its pods both ways, and no rule of them lets everything through."""
    found = workloads(subject)
    if not found:
        return none_here(subject)
    policies = deployable(subject).of_kind(_KIND)
    problems = [problem for each in found for problem in _problems(each, policies)]
    problems += [problem for each in policies for problem in _open_rules(each)]
    problems += weakened(subject, (_KIND,), _taken_away)
    if problems:
        return failed_by(problems)
    words = f"The pods of {counted(len(found), 'workload')} are cut off both ways, but for what policies name."
    return passed(words, *(each.evidence() for each in policies))


def _problems(workload: Workload, policies: list[Manifest]) -> Iterator[Problem]:
    mine = [each for each in policies if selects(each.node.at("spec.podSelector"), workload.labels)]
    isolated = {direction for each in mine for direction in _isolates(each)}
    missing = [direction.lower() for direction in _DIRECTIONS if direction not in isolated]
    if missing:
        place = workload.manifest.evidence()
        words = f"No NetworkPolicy cuts off the {listed(missing)} of {workload.title}"
        yield Problem(words, place.path, place.line)


def _isolates(policy: Manifest) -> list[str]:
    """Return the directions that a policy isolates: those that it names, else ingress, and egress if it has rules."""
    spec = policy.node["spec"]
    named = spec["policyTypes"].texts()
    return named or ["Ingress", *(["Egress"] if spec["egress"] else [])]


def _open_rules(policy: Manifest) -> Iterator[Problem]:
    for direction, peers in _DIRECTIONS.items():
        for rule in policy.node["spec"][direction.lower()]:
            if _is_open(rule, peers):
                place = policy.evidence(rule)
                yield Problem(f"{policy.title} lets all {direction.lower()} through", place.path, place.line)


def _is_open(rule: Node, peers: str) -> bool:
    """Tell whether a rule names neither a port nor a peer, or as a peer the whole world."""
    if list(rule["ports"]):
        return False
    blocks = [peer["ipBlock"] for peer in rule[peers]]
    is_everybody = any(block["cidr"].text in _EVERYWHERE and not list(block["except"]) for block in blocks)
    return not list(rule[peers]) or is_everybody


def _taken_away(change: Change) -> str:
    if change.kind != _KIND or not change.is_removed:
        return ""
    return (
        "A patch takes a NetworkPolicy, or a direction of it, away"
        if set(change.keys) <= {"spec", "policyTypes", "0", "1"}
        else ""
    )


CHECK = Check(
    id="network-policy",
    title="Network traffic is denied unless it is named",
    level=Level.GOLD,
    area="Kubernetes",
    applies_to="Services with workloads in Kubernetes manifests",
    rationale=(
        "In a cluster without policies every pod reaches every other one and the internet: one service that is "
        "taken over is the door to all. With a policy for both directions, what a service needs is written down and "
        "reviewed, and the rest is closed. A rule without peers is a named exception when it names a port."
    ),
    fix=(
        "Deny everything, then name what is needed in a second policy:\n\n"
        "```yaml\n"
        "apiVersion: networking.k8s.io/v1\n"
        "kind: NetworkPolicy\n"
        "metadata: {name: ledger-deny}\n"
        "spec:\n"
        "  podSelector:\n"
        "    matchLabels: {app.kubernetes.io/name: ledger}\n"
        "  policyTypes: [Ingress, Egress]\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies",
)
