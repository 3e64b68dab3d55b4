"""Tests run with the race detector."""

from __future__ import annotations

from conformance.checks import _presence
from conformance.checks._commands import Command
from conformance.checks._gocode import has_go
from conformance.examining.check import Check, Finding, not_applicable
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_ON = ("-race", "--race", "-race=true", "-race=1")


def judge(subject: Subject) -> Finding:
    """Judge what CI runs: one `go test` must have `-race`, directly or behind make, a script or gotestsum."""
    if not has_go(subject):
        return not_applicable("There is no Go code.")
    return _presence.judged(subject, _presence.Sought("tests run with the race detector", _is_race_test))


def _is_race_test(command: Command) -> bool:
    return any(argument in _ON for argument in command.go_test() or ())


CHECK = Check(
    id="race-tests",
    title="CI tests with the race detector",
    level=Level.SILVER,
    area="Delivery",
    applies_to="Services with Go code",
    rationale=(
        "A data race gives wrong results now and then, under load, and never in the debugger. The race detector "
        "sees every race that a test drives the code into, with both stacks. It costs memory and time in CI, and "
        "nothing in production."
    ),
    fix=(
        "Add the flag where CI tests; it needs a C compiler, which GitHub's runners have:\n\n"
        "```yaml\n"
        "- run: go test -race -shuffle=on ./...\n"
        "```"
    ),
    judge=judge,
    source="https://go.dev/doc/articles/race_detector",
)
