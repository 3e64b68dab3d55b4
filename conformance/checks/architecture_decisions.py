"""Decisions are written down, in the form that Michael Nygard gave them."""

from __future__ import annotations

from conformance.checks._documents import headings_with
from conformance.checks._words import counted
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject, UnreadableError
from conformance.examining.terms import Level

FOLDERS = (
    "docs/adr/*.md", "docs/adrs/*.md", "docs/decisions/*.md", "docs/architecture/decisions/*.md", "doc/adr/*.md",
    "adr/*.md",
)  # fmt: skip
_NOT_RECORDS = ("readme.md", "index.md", "template.md", "adr-template.md")
_PARTS = (("context", ("context",)), ("decision", ("decision", "decisions", "decided")))


def judge(subject: Subject) -> Finding:
    """Judge the records: at least one has a part on the context and one on the decision."""
    paths = sorted(path for path in subject.paths(*FOLDERS) if path.rpartition("/")[2].casefold() not in _NOT_RECORDS)
    if not paths:
        return failed("There is no architecture decision record in docs/adr.")
    shaped = [path for path in paths if _has_shape(subject, path)]
    if not shaped:
        return _nothing_shaped(subject, paths)
    words = f"Context and decision are in {len(shaped)} of {counted(len(paths), 'record')}."
    return passed(words, *map(Evidence, shaped))


def _has_shape(subject: Subject, path: str) -> bool:
    try:
        fact = subject.fact("markdown", path)
    except UnreadableError:
        return False
    return all(headings_with(fact, words) for _, words in _PARTS)


def _nothing_shaped(subject: Subject, paths: list[str]) -> Finding:
    """Return why no record counts; one that cannot be read is told first, as an error."""
    evidence = []
    for path in paths:
        fact = subject.fact("markdown", path)
        lacking = [part for part, words in _PARTS if not headings_with(fact, words)]
        evidence.append(Evidence(path, 0, f"There is no heading for {' and '.join(lacking)}."))
    return failed(f"None of {counted(len(paths), 'record')} has a heading for context and one for decision.", *evidence)


CHECK = Check(
    id="architecture-decisions",
    title="Architecture decisions are recorded with context and decision",
    level=Level.GOLD,
    area="Documentation",
    applies_to="Every service",
    rationale=(
        "Code shows what was decided, never why, nor what was turned down. Without a record the same discussion is "
        "held again with every new colleague, and what was a reason is undone as an oddity."
    ),
    fix=(
        "Write one page for each decision that others will ask about, and never rewrite it: a later one supersedes "
        "it.\n\n"
        "```markdown\n"
        "# 5. PostgreSQL with hand-written SQL\n\n"
        "Status: accepted\n\n"
        "## Context\n\n"
        "The service keeps its aggregates in PostgreSQL.\n\n"
        "## Decision\n\n"
        "pgx and SQL in the repositories.\n\n"
        "## Consequences\n\n"
        "Queries are reviewed like code.\n"
        "```"
    ),
    judge=judge,
    source="https://adr.github.io/",
)
