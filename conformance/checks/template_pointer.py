"""The lock file says what the portal recorded, and nothing else."""

from __future__ import annotations

from conformance.checks._drift import LOCK, edited, is_recorded
from conformance.checks._words import counted, cut
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge the lock by the portal's record: there, unedited, of this service, of the version that was applied."""
    lock = subject.lock
    evidence = Evidence(LOCK)
    if lock.problem:
        return failed(cut(lock.problem, 400), evidence)
    if not lock.document:
        return failed(f"There is no {LOCK}.", evidence)
    if not is_recorded(subject):
        return inconclusive(f"There is a {LOCK}, but the portal has no record to compare it with.", evidence)
    template = lock.document.get("template")
    claimed = template if isinstance(template, dict) else {}
    for what, recorded in (("ref", lock.template_ref), ("version", lock.version)):
        if claimed.get(what) != recorded:
            shown = cut(claimed.get(what) or "nothing")
            return failed(
                f"The lock claims the {_NAMES[what]} {shown}, but {cut(recorded)} is what was applied.", evidence
            )
    return passed(
        f"The lock names {cut(lock.template_ref)} {cut(lock.version)}, as recorded{_departures(subject)}.", evidence
    )


_NAMES = {"ref": "template", "version": "version"}


def _departures(subject: Subject) -> str:
    """Return that files are no longer those of the version, so that a believed lock is not taken for more."""
    number = len(edited(subject))
    return f"; {counted(number, 'file')} departed from that version since" if number else ""


CHECK = Check(
    id="template-pointer",
    title="The lock file is the one that the portal recorded",
    level=Level.BRONZE,
    area="Template",
    applies_to="Every service",
    rationale=(
        "`.goldpath/lock.json` says from which version of which template the service was rendered, with which "
        "answers. Upgrades start from it. A lock that was edited, copied from another service or moved to a version "
        "that was never applied makes the next upgrade drop changes, and makes the service look newer than it is."
    ),
    fix=(
        "Take the lock back from the last render; only upgrades change it.\n\n"
        "```sh\n"
        "git fetch origin refs/goldpath/render\n"
        "git checkout FETCH_HEAD -- .goldpath/lock.json\n"
        "```"
    ),
    judge=judge,
    source="Goldpath: the lock file, docs/architecture.md",
)
