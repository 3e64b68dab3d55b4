"""CI fails when tests cover too little."""

from __future__ import annotations

from conformance.checks._ci import ci
from conformance.checks._coverage import gates, measured
from conformance.checks._gocode import has_go
from conformance.examining.check import Check, Finding, failed, inconclusive, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

LEAST = 80
"""Percent."""


def judge(subject: Subject) -> Finding:
    """Judge what CI runs: something must hold coverage against a threshold of at least LEAST, and fail below it."""
    if not has_go(subject):
        return not_applicable("There is no Go code.")
    found = gates(subject)
    if found:
        gate = max(found, key=lambda each: each.threshold)
        words = f"CI fails below a coverage of {gate.threshold:g} %"
        if gate.threshold < LEAST:
            return failed(f"{words}; {LEAST} % is the least.", *gate.places)
        return passed(f"{words}.", *gate.places)
    unseen = ci(subject).unseen
    if unseen:
        return inconclusive(
            f"No threshold for coverage can be seen: CI calls {unseen[0].action}.", unseen[0].evidence()
        )
    measuring = measured(subject)
    if measuring:
        places = dict.fromkeys(each.evidence() for each in measuring)
        return failed("CI measures coverage, and does not fail when it is low.", *places)
    return failed("CI does not measure coverage.")


CHECK = Check(
    id="coverage-gate",
    title=f"CI fails below {LEAST} % coverage",
    level=Level.GOLD,
    area="Delivery",
    applies_to="Services with Go code",
    rationale=(
        "Coverage does not say that code is tested well, but code that no test runs is not tested at all. A figure "
        "that nobody acts on falls a little with every change. A threshold in CI makes the change that lowers it "
        "the one that has to explain itself. It may stand in a makefile, a script, or the settings of a known tool "
        "or action."
    ),
    fix=(
        "Compare what was measured, and fail below the threshold:\n\n"
        "```yaml\n"
        "- run: go test -race -coverpkg=./... -coverprofile=coverage.out ./...\n"
        "- run: |\n"
        '    go tool cover -func=coverage.out | awk -v least=80 \'/^total:/ { sub("%", "", $3); exit ($3 < least) }\'\n'
        "```"
    ),
    judge=judge,
    source="https://go.dev/doc/build-cover",
)
