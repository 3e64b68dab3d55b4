"""Takes a repository out of everyone's way to delete it, so that a kill between any two lines loses nothing.

It is renamed aside, where nobody can push to it, looked at, and renamed once more: that second rename decides. What
lies aside undecided is brought back, and what is decided is removed, by whoever comes next.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

UNDECIDED, DECIDED = ".aside-", ".deleted-"


def is_aside(folder: Path) -> bool:
    """Tell whether the repository that belongs at `folder` lies aside."""
    return _aside(folder).exists()


def put_aside(folder: Path) -> Path:
    """Rename the repository out of the way and return where it lies; FileNotFoundError when there is none."""
    aside = _aside(folder)
    folder.rename(aside)
    return aside


def bring_back(folder: Path) -> bool:
    """Bring the repository back to `folder` when it lies aside undecided; return whether it was brought back.

    One whose place was taken meanwhile stays aside: nothing is overwritten, and nothing is lost.
    """
    try:
        _aside(folder).rename(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        log.error("a repository could not be brought back", repository=folder.stem, error=error.strerror)
        return False
    return True


def decide(aside: Path) -> Path:
    """Decide that a repository which lies aside goes, and return what is to be removed.

    FileNotFoundError when another worker has brought it back.
    """
    decided = aside.with_name(f"{DECIDED}{uuid.uuid4().hex}")
    aside.rename(decided)
    return decided


def remove(decided: Path) -> None:
    """Remove what was decided to go; what cannot be removed now is left to the sweep."""
    try:
        shutil.rmtree(decided)
    except OSError as error:
        log.warning("a deleted repository is not removed yet", error=error.strerror)


def place_of(aside: Path) -> Path:
    """Return where a repository that lies aside undecided belongs."""
    return aside.with_name(aside.name.removeprefix(UNDECIDED))


def _aside(folder: Path) -> Path:
    return folder.with_name(f"{UNDECIDED}{folder.name}")
