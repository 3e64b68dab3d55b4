"""Reads of bare repositories."""

from __future__ import annotations

from pathlib import Path

from scaffolder.git import command
from scaffolder.git.names import checked_ref


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
    output = command.run(["for-each-ref", "--format=%(objectname) %(refname)", "--", ref], repository=repository)
    found = [line.split() for line in output.decode().splitlines()]
    return next((commit for commit, name in found if name == ref), "")
