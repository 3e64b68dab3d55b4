"""No file of the platform was edited, moved or removed."""

from __future__ import annotations

from conformance.checks._drift import LOCK, UNRECORDED, edited, failed_for, is_recorded
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge all platform-owned files by their content; those that are only behind are the business of `freshness`."""
    if not is_recorded(subject):
        return not_applicable(UNRECORDED)
    departed = edited(subject)
    if departed:
        return failed_for(departed, "file")
    return passed("Every file of the platform is as the recorded version of the template has it.", Evidence(LOCK))


CHECK = Check(
    id="platform-files-in-sync",
    title="The platform's files are as the template has them",
    level=Level.GOLD,
    area="Template",
    applies_to="Services made from a template of the portal",
    rationale=(
        "The platform keeps its files up to date in every service, as long as nobody edited them: each edit has to "
        "be merged by hand at every upgrade from then on, and a file that was removed comes back or is never fixed "
        "again."
    ),
    fix=(
        "Take the files back from the last render, or bring what you changed to the template, where all services "
        "have it.\n\n"
        "```sh\n"
        "git fetch origin refs/goldpath/render\n"
        "git diff FETCH_HEAD -- Makefile\n"
        "git checkout FETCH_HEAD -- Makefile\n"
        "```"
    ),
    judge=judge,
    source="Goldpath: classes of files and drift, docs/architecture.md",
)
