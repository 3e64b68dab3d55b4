"""The workflows are safe, says zizmor."""

from __future__ import annotations

from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted
from conformance.checks._workflows import FOLDER
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_SEVERE = ("error", "warning")
"""zizmor's severities high and medium."""
_SURE = ("high", "medium")
_ELSEWHERE = frozenset({"unpinned-uses"})
"""Audits that have a check of their own."""


def judge(subject: Subject) -> Finding:
    """Judge the workflows by what zizmor finds of at least medium severity, with at least medium confidence."""
    paths = sorted(subject.paths(*FOLDER))
    if not paths:
        return not_applicable("There is no workflow in .github/workflows.")
    found = [(path, each) for path in paths for each in subject.fact("zizmor", path)["findings"]]
    grave = [(path, each) for path, each in found if _is_grave(each)]
    if grave:
        return failed_by(
            [Problem(f"{each['rule']}: {each['message']}".rstrip("."), path, each["line"]) for path, each in grave]
        )
    return passed(f"zizmor finds nothing grave in {counted(len(paths), 'workflow')}.", *map(Evidence, paths))


def _is_grave(each: dict[str, object]) -> bool:
    is_sure = each.get("confidence", "high") in _SURE
    return each["severity"] in _SEVERE and is_sure and each["rule"] not in _ELSEWHERE


CHECK = Check(
    id="workflows-safe",
    title="The workflows have no known weakness",
    level=Level.SILVER,
    area="Security",
    applies_to="Services with workflows in .github/workflows",
    rationale=(
        "A workflow runs other people's texts next to your secrets. `pull_request_target` gives them to the code of "
        "a stranger; `${{ github.event.issue.title }}` in `run:` lets the title of an issue become a command; a "
        "checkout that keeps its credentials leaves them where the next step finds them. zizmor knows these "
        "patterns. Findings of low severity or low confidence are not counted, and pinning of actions has a check "
        "of its own."
    ),
    fix=(
        "Run `zizmor --offline .github/workflows`; each finding links to its repair. The usual ones:\n\n"
        "```yaml\n"
        "- uses: actions/checkout@<commit>\n"
        "  with: {persist-credentials: false}\n"
        "- env:\n"
        "    TITLE: ${{ github.event.pull_request.title }}\n"
        '  run: echo "$TITLE"\n'
        "```"
    ),
    judge=judge,
    source="https://docs.zizmor.sh/audits/",
)
