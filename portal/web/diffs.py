"""A commit's patch as rows on a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from scaffolder import git

MOST_ROWS = 4000
_COMPARED = 512 * 1024
_LOOKS = {"+": "is-added", "-": "is-removed", "@": "is-hunk"}
_HEADERS = ("index ", "new ", "deleted ", "old ", "similarity ", "rename ", "copy ", "--- ", "+++ ")


@dataclass(slots=True)
class FileDiff:
    """What a commit changed in one file: its rows, each with the class that colours it."""

    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)


def files_of(patch: str) -> list[FileDiff]:
    """Return the files of a patch in git's format, at most `MOST_ROWS` rows of them in all."""
    return list(_files(patch.splitlines()[:MOST_ROWS]))


def compare(before: bytes | None, after: bytes | None) -> tuple[list[tuple[str, str]], bool]:
    """Return the rows of the difference between two texts, and whether there are more than `MOST_ROWS` of them.

    A text that is not there counts as empty.
    """
    patch, is_cut = git.difference(before or b"", after or b"", limit=_COMPARED)
    rows = [(_LOOKS.get(row[:1], ""), row) for row in patch.split("\n") if row]
    return rows[:MOST_ROWS], is_cut or len(rows) > MOST_ROWS


def _files(rows: list[str]) -> Iterator[FileDiff]:
    current: FileDiff | None = None
    is_header = False
    for row in rows:
        if row.startswith("diff --git "):
            if current:
                yield current
            current, is_header = FileDiff(_title(row)), True
        elif current is not None:
            is_header = is_header and not row.startswith("@@")
            if not (is_header and row.startswith(_HEADERS)):
                current.rows.append((_LOOKS.get(row[:1], ""), row))
    if current:
        yield current


def _title(row: str) -> str:
    """Return the path after `b/`: git writes both sides alike, but for renames."""
    return row.rpartition(" b/")[2].rstrip('"') or row
