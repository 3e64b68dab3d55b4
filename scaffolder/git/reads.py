"""Reads of bare repositories."""

from __future__ import annotations

from pathlib import Path

from scaffolder.git import command
from scaffolder.git.names import checked_ref


def refs(repository: Path) -> dict[str, str]:
    """Return all refs of the repository and the commits (or tags) that they point to."""
    output = command.run(["for-each-ref", "--format=%(objectname) %(refname)"], repository=repository)
    pairs = [line.split(" ", 1) for line in output.decode("utf-8", "replace").splitlines()]
    return {name: commit for commit, name in pairs}


def head(repository: Path, ref: str) -> str:
    """Return the commit that a full ref such as `refs/heads/main` points to, or an empty text when it does not exist."""
    loose = repository / checked_ref(ref)
    try:
        text = loose.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        text = ""
    if text and not text.startswith("ref:"):
        return text
    if not (repository / "packed-refs").exists():
        return ""
    return refs(repository).get(ref, "")
