"""A licence that tools and lawyers recognise."""

from __future__ import annotations

from conformance.checks._words import listed
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_BEGINNINGS = ("license", "licence", "copying")


def judge(subject: Subject) -> Finding:
    """Judge the licence files of the top folder: one of them must be the text of a licence with an SPDX identifier."""
    paths = sorted(path for path in subject.files if "/" not in path and path.casefold().startswith(_BEGINNINGS))
    if not paths:
        return failed("There is no LICENSE file in the top folder.")
    known = [(path, subject.fact("license", path)["spdx"]) for path in paths]
    named = [(path, spdx) for path, spdx in known if spdx]
    if not named:
        return failed(f"{listed(paths)} is not the text of a licence in the SPDX list.", *map(Evidence, paths))
    return passed(
        f"The service is licensed under {listed(spdx for _, spdx in named)}.", *(Evidence(path) for path, _ in named)
    )


CHECK = Check(
    id="license-present",
    title="The service has a licence from the SPDX list",
    level=Level.BRONZE,
    area="Ownership",
    applies_to="Every service",
    rationale=(
        "Without a licence nobody else may use, change or pass on the code, and every scan of dependencies stops at "
        "it. A text of one's own, or one with changed clauses, has to be read by a lawyer; a standard one is "
        "recognised by its name."
    ),
    fix=(
        "Put the unchanged text of the licence that your organisation has chosen into `LICENSE` in the top folder. "
        "The texts are at https://spdx.org/licenses/.\n\n"
        "```\n"
        "curl -o LICENSE https://www.apache.org/licenses/LICENSE-2.0.txt\n"
        "```"
    ),
    judge=judge,
    source="https://spdx.org/licenses/",
)
