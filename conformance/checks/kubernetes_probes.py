"""Kubernetes can tell whether the service lives and whether it is ready."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, listed
from conformance.checks._workloads import SERVING, Container, none_here, workloads
from conformance.examining.check import Check, Finding, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_HANDLERS = ("httpGet", "grpc", "tcpSocket", "exec")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def judge(subject: Subject) -> Finding:
    """Judge every container that keeps running: liveness, readiness, and time to start."""
    found = workloads(subject, *SERVING)
    if not found:
        return none_here(subject, "Deployment, StatefulSet or DaemonSet")
    containers = [container for each in found for container in each.containers() if not container.is_init]
    problems = [problem for each in containers for problem in _problems(each)]
    problems += weakened(subject, SERVING, _taken_away)
    if problems:
        return failed_by(problems)
    places = [each.evidence(each.node[probe], probe) for each in containers for probe in _PROBES if each.node[probe]]
    return passed(f"{counted(len(containers), 'container')}: liveness, readiness, and time to start.", *places)


def _problems(container: Container) -> Iterator[Problem]:
    liveness, readiness, startup = (container.node[probe] for probe in _PROBES)
    missing = [name for name, probe in (("liveness", liveness), ("readiness", readiness)) if not _asks(probe)]
    if missing:
        yield _problem(container, f"has no {listed(missing)} probe")
    elif not _asks(startup) and not _waits(liveness):
        yield _problem(container, "is given no time to start: neither a startup probe nor initialDelaySeconds")


def _problem(container: Container, words: str) -> Problem:
    place = container.evidence()
    return Problem(f"The {container.title} {words}", place.path, place.line)


def _asks(probe: Node) -> bool:
    return any(probe[handler] for handler in _HANDLERS)


def _waits(probe: Node) -> bool:
    delay = probe["initialDelaySeconds"].value
    return isinstance(delay, int) and delay > 0


def _taken_away(change: Change) -> str:
    last = change.keys[-1] if change.keys else ""
    return f"A patch takes the {last} away" if change.is_removed and last in _PROBES[:2] else ""


CHECK = Check(
    id="kubernetes-probes",
    title="Containers have liveness, readiness and startup probes",
    level=Level.SILVER,
    area="Kubernetes",
    applies_to="Services with a Deployment, StatefulSet or DaemonSet in Kubernetes manifests",
    rationale=(
        "Without a readiness probe a pod gets requests before it can answer them, and keeps getting them when it no "
        "longer can. Without a liveness probe a process that hangs stays. And a liveness probe that begins at once "
        "kills a slow start again and again: a startup probe, or a delay, gives it time."
    ),
    fix=(
        "Ask the endpoints that the service has for it:\n\n"
        "```yaml\n"
        "startupProbe:\n"
        "  httpGet: {path: /startupz, port: admin}\n"
        "  periodSeconds: 1\n"
        "  failureThreshold: 60\n"
        "readinessProbe:\n"
        "  httpGet: {path: /readyz, port: admin}\n"
        "livenessProbe:\n"
        "  httpGet: {path: /livez, port: admin}\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
)
