"""Keeps the folder of the repositories tidy."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import structlog

from portal.foundation.errors import GoldpathError
from scaffolder import git
from scaffolder.forges.local import aside, places

log = structlog.get_logger(__name__)

LEFTOVER_SECONDS = 3600.0
MANY_PACKS = 40


def tidy() -> int:
    """Bring back or remove what killed workers left, pack repositories of many pushes; return how many.

    A repository that was put aside is brought back unless its deletion was decided.
    """
    count = 0
    for folder in sorted(places.root().glob("*/*")):
        if folder.name.startswith((git.DRAFT, aside.DECIDED)):
            count += _is_left(folder) and _remove(folder)
        elif folder.name.startswith(aside.UNDECIDED):
            count += _is_left(folder) and aside.bring_back(aside.place_of(folder))
        elif len(list((folder / "objects" / "pack").glob("*.pack"))) > MANY_PACKS:
            count += _pack(folder)
    return count


def _is_left(folder: Path) -> bool:
    """Tell whether nobody can be working on what was begun here."""
    try:
        return time.time() - folder.stat().st_ctime >= LEFTOVER_SECONDS
    except FileNotFoundError:
        return False


def _remove(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _pack(folder: Path) -> int:
    try:
        git.pack(folder)
    except GoldpathError as error:
        log.warning("a repository could not be packed", repository=folder.stem, reason=error.message)
        return 0
    return 1
