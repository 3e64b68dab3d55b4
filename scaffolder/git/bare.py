"""Bare repositories: made without starting git, found, and read where one small file says it all."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path

_CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
"""
_MADE_BY = re.compile(r'^\[goldpath\]\n\trun = "([0-9a-f-]{36})"$', re.MULTILINE)


def create_bare(repository: Path, *, default_branch: str = "main", made_by: uuid.UUID | None = None) -> bool:
    """Make an empty bare repository and tell whether this call made it (False: there is one already).

    It appears whole or not at all: it is prepared beside its place and renamed. `made_by` is the run that is written
    into its configuration as the proof of origin.
    """
    repository.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = repository.parent / f".draft-{uuid.uuid4().hex}"
    for part in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (draft / part).mkdir(mode=0o700, parents=True)
    (draft / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n", encoding="ascii")
    marker = f'[goldpath]\n\trun = "{made_by}"\n' if made_by else ""
    (draft / "config").write_text(_CONFIG + marker, encoding="ascii")
    try:
        draft.rename(repository)
    except OSError:
        remove_tree(draft)
        if not repository.is_dir():
            raise
        return False
    return True


def made_by(repository: Path) -> uuid.UUID | None:
    """Return the run that is marked as the maker of the repository; None when there is no mark or no repository."""
    try:
        found = _MADE_BY.search((repository / "config").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return uuid.UUID(found[1]) if found else None


def remove_tree(folder: Path) -> None:
    """Remove a folder and everything in it, also when git made parts of it read-only."""
    shutil.rmtree(folder)
