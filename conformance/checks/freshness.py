"""The service is on the newest version of its template, or on the one before."""

from __future__ import annotations

from conformance.checks._drift import LOCK, UNRECORDED, is_recorded
from conformance.checks._words import counted, cut
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

MOST_RELEASES_BEHIND = 1


def judge(subject: Subject) -> Finding:
    """Judge the recorded version by the newest one; what the committed lock claims does not count."""
    lock, evidence = subject.lock, Evidence(LOCK)
    if not is_recorded(subject):
        return not_applicable(UNRECORDED)
    if not lock.newest_version:
        return inconclusive(f"The library holds no version of {cut(lock.template_ref)} any more.", evidence)
    if lock.versions_behind > MOST_RELEASES_BEHIND:
        behind = counted(lock.versions_behind, "release")
        words = (
            f"The service is on {cut(lock.version)}, {behind} behind {cut(lock.newest_version)}; {_ALLOWED} is allowed."
        )
        return failed(words, evidence)
    if lock.versions_behind:
        return passed(
            f"The service is on {cut(lock.version)}, one release behind {cut(lock.newest_version)}.", evidence
        )
    return passed(f"The service is on {cut(lock.version)}, the newest version of its template.", evidence)


_ALLOWED = counted(MOST_RELEASES_BEHIND, "release")

CHECK = Check(
    id="freshness",
    title="The service is at most one release of its template behind",
    level=Level.GOLD,
    area="Template",
    applies_to="Services made from a template of the portal",
    rationale=(
        "New versions of a template carry security fixes and what other teams have learned. An upgrade over one "
        "release is a small diff that CI can judge; over five it is a project."
    ),
    fix=(
        "Bring the service to the newest version: see on its page what would change, merge the upgrade, and let CI "
        "judge it. Do not edit the version in `.goldpath/lock.json`: that changes the claim, not the files.\n\n"
        "```sh\n"
        "git fetch origin refs/goldpath/render  # what the platform rendered last, to compare with\n"
        "```"
    ),
    judge=judge,
    source="Goldpath: versions of a template, docs/architecture.md",
)
