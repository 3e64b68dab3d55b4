"""Keeps the folder of the repositories tidy."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import structlog

from portal.foundation.errors import GoldpathError
from scaffolder import git
from scaffolder.forges.local import places

log = structlog.get_logger(__name__)

LEFTOVER_SECONDS = 3600.0
MANY_PACKS = 40


def tidy() -> int:
    """Remove what killed workers left half made or half deleted, pack repositories of many pushes; return how many."""
    count = 0
    for folder in sorted(places.root().glob("*/*")):
        if folder.name.startswith((".draft-", ".deleted-")):
            count += _remove_leftover(folder)
        elif len(list((folder / "objects" / "pack").glob("*.pack"))) > MANY_PACKS:
            count += _pack(folder)
    return count


def _remove_leftover(folder: Path) -> int:
    if time.time() - folder.stat().st_ctime < LEFTOVER_SECONDS:
        return 0
    shutil.rmtree(folder, ignore_errors=True)
    return 1


def _pack(folder: Path) -> int:
    try:
        git.pack(folder)
    except GoldpathError as error:
        log.warning("a repository could not be packed", repository=folder.stem, reason=error.message)
        return 0
    return 1
