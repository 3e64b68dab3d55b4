"""The default branch takes no change that nobody reviewed."""

from __future__ import annotations

from conformance.checks._words import cut
from conformance.examining.check import Check, Finding, failed, inconclusive, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge by what the forge enforces; without word from the forge nobody knows."""
    is_protected = subject.forge.get("isProtected")
    branch = cut(subject.forge.get("defaultBranch") or "the default branch")
    if is_protected is None:
        return inconclusive("The forge does not say whether the default branch is protected.")
    if not is_protected:
        return failed(f"The forge lets everybody with write access push to {branch}, force-push it and delete it.")
    return passed(f"The forge protects {branch}.")


CHECK = Check(
    id="branch-protected",
    title="The default branch is protected",
    level=Level.SILVER,
    area="Delivery",
    applies_to="Every service",
    rationale=(
        "Everything else that is checked here holds for what goes through a pull request. On an unprotected branch "
        "one push goes round the review, the tests and `CODEOWNERS`, and a force push takes back what was already "
        "deployed."
    ),
    fix=(
        "Let the forge require a pull request with a review of the code owners, and refuse force pushes and "
        "deletion. The portal does so for services that it creates.\n\n"
        "```sh\n"
        "gh api repos/OWNER/REPO/rulesets --method POST --input ruleset.json\n"
        "```"
    ),
    judge=judge,
    source=(
        "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets"
    ),
)
