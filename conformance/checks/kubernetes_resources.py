"""Containers say what they need, and what they may take."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, listed
from conformance.checks._workloads import KINDS, Container, none_here, workloads
from conformance.examining.check import Check, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_PARTS = ("resources", "requests", "limits")


def judge(subject: Subject) -> Finding:
    """Judge every container: requests for CPU and memory, and a limit for memory."""
    found = workloads(subject)
    if not found:
        return none_here(subject)
    containers = [container for each in found for container in each.containers()]
    problems = [problem for each in containers for problem in _problems(each)]
    problems += weakened(subject, KINDS, _taken_away)
    if problems:
        return failed_by(problems)
    words = f"{counted(len(containers), 'container')}: requests for CPU and memory, and a limit for memory."
    return passed(words, *(each.evidence(each.node["resources"]) for each in containers))


def _problems(container: Container) -> Iterator[Problem]:
    resources = container.node["resources"]
    requests, limits = resources["requests"], resources["limits"]
    # Kubernetes takes a limit for the request where none is given.
    missing = [f"request for {what}" for what in ("cpu", "memory") if not requests[what].text and not limits[what].text]
    missing += [] if limits["memory"].text else ["limit for memory"]
    if missing:
        place = container.evidence(resources)
        yield Problem(f"The {container.title} has no {listed(missing)}", place.path, place.line)


def _taken_away(change: Change) -> str:
    if not change.is_removed or "resources" not in change.keys:
        return ""
    last = change.keys[-1]
    is_needed = last in _PARTS or last == "memory" or change.ends("requests", "cpu")
    return f"A patch takes {last} away from the containers" if is_needed else ""


CHECK = Check(
    id="kubernetes-resources",
    title="Containers have requests and limits",
    level=Level.SILVER,
    area="Kubernetes",
    applies_to="Services with workloads in Kubernetes manifests",
    rationale=(
        "The scheduler places pods by what they request: without requests a node is overfilled, and the pods "
        "without them are evicted first. Without a limit for memory one leak takes the node's other services along. "
        "A limit for CPU is optional: it throttles a service while the node has CPU to spare, and with requests "
        "everybody still gets their share."
    ),
    fix=(
        "Measure, then say it for every container, also of jobs:\n\n"
        "```yaml\n"
        "resources:\n"
        "  requests: {cpu: 100m, memory: 192Mi}\n"
        "  limits: {memory: 256Mi}\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
)
