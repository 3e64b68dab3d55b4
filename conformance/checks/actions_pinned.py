"""Actions are pinned by commit."""

from __future__ import annotations

from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.checks._workflows import Uses, all_uses, workflows
from conformance.examining.check import Check, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_LENGTHS = (40, 64)
"""Digits of a commit's id in a repository of SHA-1 and of SHA-256."""


def judge(subject: Subject) -> Finding:
    """Judge every `uses:` of workflows and composite actions: a full commit id, or an image's digest."""
    found = list(all_uses(subject))
    if not workflows(subject) and not found:
        return not_applicable("There is no workflow in .github/workflows.")
    loose = [each for each in found if not _is_pinned(each)]
    if loose:
        return failed_by([Problem(f"{cut(each.reference)} {_why(each)}", each.path, each.line) for each in loose])
    remote = [each for each in found if not each.is_local]
    if not remote:
        return passed("No workflow uses an action of another repository.")
    actions = counted(len(remote), "use")
    return passed(
        f"{actions} of other repositories' actions, each by its commit.", *(each.evidence() for each in remote)
    )


def _is_pinned(uses: Uses) -> bool:
    if uses.is_local:
        return True
    if uses.reference.startswith("docker://"):
        return "@sha256:" in uses.reference
    ref = uses.reference.partition("@")[2]
    return len(ref) in _LENGTHS and all(character in "0123456789abcdefABCDEF" for character in ref)


def _why(uses: Uses) -> str:
    if uses.reference.startswith("docker://"):
        return "names an image by a tag, not by its digest"
    ref = uses.reference.partition("@")[2]
    return f"follows {cut(ref)}, which can be moved" if ref else "names no version"


CHECK = Check(
    id="actions-pinned",
    title="Actions are pinned by commit",
    level=Level.SILVER,
    area="Security",
    applies_to="Services with workflows in .github/workflows",
    rationale=(
        "A tag or branch of an action can be moved by whoever owns it, or by whoever has stolen their account; the "
        "next run then gives your token and secrets to other code. In March 2025 every tag of "
        "tj-actions/changed-files was moved so. A commit cannot be changed. Dependabot and Renovate raise pinned "
        "commits and the version in the comment together."
    ),
    fix=(
        "Name the full commit, and the version in a comment for people and tools:\n\n"
        "```yaml\n"
        "- uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0\n"
        "```\n\n"
        "`git ls-remote https://github.com/actions/checkout v5.0.0` prints the commit of a tag. Images take a digest: "
        "`docker://alpine@sha256:...`."
    ),
    judge=judge,
    source="https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions",
)
