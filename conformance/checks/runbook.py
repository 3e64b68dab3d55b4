"""A runbook for the person who was woken up."""

from __future__ import annotations

from conformance.checks._documents import headings_with, stubs
from conformance.checks._places import first, is_deployed
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut
from conformance.examining.check import Check, Evidence, Finding, failed, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

FEWEST_WORDS = 100
FOLDERS = ("docs/", "", "docs/operations/", "docs/runbooks/")
_NOTICING = (
    "alert", "alerts", "alerting", "symptom", "symptoms", "incident", "incidents", "troubleshooting", "diagnosis",
    "diagnose", "diagnostics", "failure", "failures", "failure modes", "on call", "outage", "problems", "first look",
)  # fmt: skip
_ACTING = (
    "rollback", "rollbacks", "roll back", "rolling back", "revert", "recover", "recovery", "restore", "restoring",
    "mitigation", "mitigate", "escalation", "escalate", "failover", "undo", "remediation", "disaster recovery",
)  # fmt: skip


def judge(subject: Subject) -> Finding:
    """Judge the runbook: its length, a part on what is noticed, and a part on how to get out of it."""
    path = first(subject, FOLDERS, "runbook.md")
    if not is_deployed(subject) and not path:
        return not_applicable("Nothing of this component runs, so nobody operates it.")
    if not path:
        return failed("There is no docs/runbook.md and no RUNBOOK.md.")
    fact = subject.fact("markdown", path)
    noticing, acting = headings_with(fact, _NOTICING), headings_with(fact, _ACTING)
    problems = stubs(path, fact, FEWEST_WORDS)
    if not noticing:
        problems.append(Problem(f"{path} has no part on alerts or symptoms", path))
    if not acting:
        problems.append(Problem(f"{path} has no part on rolling back or recovering", path))
    if problems:
        return failed_by(problems)
    places = [Evidence(path, heading["line"], cut(heading["text"])) for heading in (noticing[0], acting[0])]
    return passed(f"{path} tells what is noticed and how to get out of it.", *places)


CHECK = Check(
    id="runbook",
    title="A runbook says what alerts mean and how to roll back",
    level=Level.GOLD,
    area="Operations",
    applies_to="Services that run; libraries have no operations",
    rationale=(
        "At three in the morning nobody reads code. Whoever is called needs, for each alert, what it means and "
        "where to look, and one safe way back to the version that worked."
    ),
    fix=(
        "Give every alert a part with its meaning and the first two things to look at, and describe the way back.\n\n"
        "````markdown\n"
        "## Alerts\n\n"
        "**ErrorBudgetBurn**: more than 2 % of requests fail. Look at the release first, then at `/readyz`.\n\n"
        "## Roll back\n\n"
        "```sh\n"
        "kubectl rollout undo deployment/ledger\n"
        "kubectl rollout status deployment/ledger\n"
        "```\n"
        "````"
    ),
    judge=judge,
    source="https://sre.google/workbook/on-call/",
)
