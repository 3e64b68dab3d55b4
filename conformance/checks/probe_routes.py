"""What the probes ask is what the service answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.checks._containers import own, probes, serving
from conformance.checks._kept import shared
from conformance.checks._patches import Change, weakened
from conformance.checks._places import is_foreign
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.checks._workloads import SERVING, Container, none_here
from conformance.examining.check import Check, Finding, not_applicable, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject, UnreadableError
from conformance.examining.terms import Level

_LONGEST = 400
_PLAIN = {"startupProbe": "startup probe", "readinessProbe": "readiness probe", "livenessProbe": "liveness probe"}


def judge(subject: Subject) -> Finding:
    """Judge the path of every HTTP probe by the route literals of the Go code outside tests."""
    workloads = serving(subject)
    if not workloads:
        return none_here(subject)
    asked = [
        (container, kind, probe["httpGet"])
        for workload in workloads
        for container in own(subject, workload)
        for kind, probe in probes(container)
        if probe["httpGet"].is_mapping
    ]
    if not asked:
        return not_applicable("No probe of the manifests asks by HTTP.")
    routes = _Routes(subject)
    problems = [_problem(*each) for each in asked if not routes.holds(_path(each[2]))]
    problems += weakened(subject, SERVING, _changed(routes))
    if problems:
        routes.must_be_whole()
        return failed_by(problems)
    places = [container.evidence(probe["path"] or probe) for container, _, probe in asked]
    return passed(f"{counted(len(asked), 'probe')} ask routes that the Go code has.", *places)


@shared
def _routes_of(fact: Any) -> frozenset[str]:
    return frozenset(route["value"].rstrip("/") or "/" for route in fact["routes"])


class _Routes:
    """The literals of the service's own Go code that begin with a slash, by file."""

    def __init__(self, subject: Subject) -> None:
        self._files: list[frozenset[str]] = []
        self._known: dict[str, bool] = {}
        self._unread: UnreadableError | None = None
        for path in subject.paths("**/*.go"):
            if path.endswith("_test.go") or is_foreign(path):
                continue
            try:
                routes = _routes_of(subject.fact("gosource", path))
            except UnreadableError as error:
                self._unread = self._unread or error
            else:
                self._files.extend([routes] if routes else [])

    def holds(self, path: str) -> bool:
        """Tell whether a literal is the path, or two of one file are: a group's prefix and a route of the group."""
        wanted = path.rstrip("/") or "/"
        if wanted not in self._known:
            self._known[wanted] = len(wanted) <= _LONGEST and self._are_routes(wanted)
        return self._known[wanted]

    def _are_routes(self, path: str) -> bool:
        cuts = [index for index, character in enumerate(path) if character == "/" and index]
        halves = [{path}, *({path[:at], path[at:]} for at in cuts)]
        return any(half <= routes for routes in self._files for half in halves)

    def must_be_whole(self) -> None:
        """Raise UnreadableError when a file could not be read, which may hold what is missing."""
        if self._unread is not None:
            raise self._unread


def _path(http: Node) -> str:
    """Return the path that a probe asks, without its query; Kubernetes asks `/` when none is named."""
    path = (http["path"].text or "/").partition("?")[0]
    return path if path.startswith("/") else f"/{path}"


def _problem(container: Container, kind: str, http: Node) -> Problem:
    place = container.evidence(http["path"] or http)
    words = f"The {_PLAIN[kind]} of {container.title} asks {cut(_path(http))}, which no route in the Go code answers"
    return Problem(words, place.path, place.line)


def _changed(routes: _Routes) -> Callable[[Change], str]:
    """Return what has words for a patch that lets a probe ask for something that is no route."""

    def words(change: Change) -> str:
        if not change.ends("httpGet", "path") or change.is_removed or routes.holds(change.node.text):
            return ""
        return f"A patch lets a probe ask {cut(change.node.text)}, which no route in the Go code answers"

    return words


CHECK = Check(
    id="probe-routes",
    title="Every HTTP probe asks a route that the service has",
    level=Level.BRONZE,
    area="Kubernetes",
    applies_to="Services whose Kubernetes manifests have HTTP probes",
    rationale=(
        "A probe of a path that does not exist gets 404 and fails. The pod is never ready or is restarted for ever, "
        "and neither the compiler nor the schema of the manifest notices: the two halves are in different files."
    ),
    fix=(
        "Name in the probe what the code registers, or register what the probe asks.\n\n"
        "```go\n"
        'mux.HandleFunc("GET /readyz", probes.Ready)\n'
        "```\n\n"
        "```yaml\n"
        "readinessProbe:\n"
        "  httpGet: {path: /readyz, port: admin}\n"
        "```\n\n"
        "A route counts when it stands in the code as a literal, or as a group's prefix and the rest of it in one "
        "file."
    ),
    judge=judge,
    source=("https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"),
)
