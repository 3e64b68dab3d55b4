"""CODEOWNERS is there, GitHub can read it, and no path is left without an owner."""

from __future__ import annotations

from conformance.checks import _codeowners as codeowners
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge the file that GitHub would read: its errors, its rule for every path, and rules that take owners away."""
    path = codeowners.path_of(subject)
    if not path:
        return failed(f"There is no CODEOWNERS file in {codeowners.PLACES}.")
    fact = subject.fact("codeowners", path)
    problems = [Problem(f"{path} has an error: {cut(each['message'])}", path, each["line"]) for each in fact["errors"]]
    problems += _uncovered(path, fact["rules"])
    if problems:
        return failed_by(problems)
    rule = codeowners.for_every_path(fact["rules"])
    line = rule["line"] if rule else 0
    return passed(f"{path} gives every path an owner, in {counted(len(fact['rules']), 'rule')}.", Evidence(path, line))


def _uncovered(path: str, rules: list[codeowners.Rule]) -> list[Problem]:
    rule = codeowners.for_every_path(rules)
    if rule is None:
        return [Problem(f"{path} has no rule that covers every path", path)]
    # A rule without owners takes them away from the paths that it fits; so does one for every path.
    bare = [each for each in rules[rules.index(rule) :] if not each["owners"]]
    return [Problem(f"{path} leaves {cut(each['pattern'])} without an owner", path, each["line"]) for each in bare]


CHECK = Check(
    id="codeowners-valid",
    title="CODEOWNERS is valid and gives every path an owner",
    level=Level.BRONZE,
    area="Ownership",
    applies_to="Every service",
    rationale=(
        "GitHub asks the owners in `CODEOWNERS` to review a change. It **ignores lines that it cannot read** and "
        "says nothing in the pull request, so a mistyped owner means that nobody is asked. A path without an owner "
        "can be changed without its team, and a rule without owners takes them away again."
    ),
    fix=(
        "Put the team of the service on a rule for every path, first in the file, and correct what is named in the "
        "evidence. Later rules win over earlier ones.\n\n"
        "```\n"
        "# .github/CODEOWNERS\n"
        "* @your-org/your-team\n"
        "/docs/ @your-org/your-team @your-org/writers\n"
        "```"
    ),
    judge=judge,
    source=codeowners.SOURCE,
)
