"""Bare repositories: made without starting git, found, and read where one small file says it all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from portal.foundation.errors import NotFoundError

DRAFT = ".draft-"
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
    draft = repository.parent / f"{DRAFT}{uuid.uuid4().hex}"
    for part in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (draft / part).mkdir(mode=0o700, parents=True)
    (draft / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n", encoding="ascii")
    marker = f'[goldpath]\n\trun = "{made_by}"\n' if made_by else ""
    (draft / "config").write_text(_CONFIG + marker, encoding="ascii")
    try:
        draft.rename(repository)
    except OSError:
        shutil.rmtree(draft)
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


def loose_refs(repository: Path) -> set[str]:
    """Return the names of the refs that have a file of their own, those that git cannot read included."""
    found = (path for path in (repository / "refs").rglob("*") if path.is_file() and path.suffix != ".lock")
    return {path.relative_to(repository).as_posix() for path in found}


@contextlib.contextmanager
def in_use(repository: Path) -> Iterator[None]:
    """Mark the repository as being pushed to, across processes, whatever it is renamed to meanwhile."""
    try:
        descriptor = os.open(repository, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFoundError("The repository is gone.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def is_in_use(repository: Path) -> bool:
    """Tell whether somebody is pushing to the repository now."""
    descriptor = os.open(repository, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
