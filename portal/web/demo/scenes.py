"""What `docs/demo/services.yaml` says: services, what their teams did to them, and an older release of the library."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils import timezone

from scaffolder import library


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: how many days ago, by what message, and its edits as the file has them."""

    days_ago: int
    message: str
    edits: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One demo service: the answers of its form, who made it and when, its later commits and its waivers."""

    name: str
    by: str
    days_ago: int
    is_older: bool
    values: dict[str, Any]
    history: tuple[Change, ...]
    waivers: tuple[dict[str, Any], ...]


@lru_cache(maxsize=1)
def scenes() -> tuple[Scene, ...]:
    """Return all demo services, in order of the file."""
    return tuple(_scene(entry) for entry in _document()["services"])


def older_release(into: Path) -> tuple[Path, int]:
    """Write an older release of today's library to the folder `into`; return it and how many days ago it was current.

    It is today's library with the edits of the file undone, under a version of its own.
    """
    told = _document()["older"]
    shutil.copytree(library.default_root(), into, symlinks=True)
    version = into / "library.yaml"
    today = library.load().version
    version.write_text(version.read_text(encoding="utf-8").replace(today, str(told["version"]), 1), encoding="utf-8")
    for edit in told["edits"]:
        path = into / edit["path"]
        path.write_text(replaced(path.read_text(encoding="utf-8"), edit), encoding="utf-8")
    return into, int(told["daysAgo"])


def replaced(text: str, edit: dict[str, Any]) -> str:
    """Return `text` with the one place of `find` replaced; ValueError when it does not stand there exactly once."""
    if text.count(edit["find"]) != 1:
        raise ValueError(f"docs/demo/services.yaml: {edit['find']!r} does not stand exactly once in {edit['path']}.")
    return text.replace(edit["find"], edit["replace"])


def days_ago(days: int) -> dt.datetime:
    """Return the moment so many days ago."""
    return timezone.now() - dt.timedelta(days=days)


def _scene(entry: dict[str, Any]) -> Scene:
    answers = ("name", "description", "owner", "system", "lifecycle", "postgres", "logger")
    return Scene(
        name=entry["name"],
        by=entry["by"],
        days_ago=int(entry["daysAgo"]),
        is_older=bool(entry.get("older")),
        values={key: entry[key] for key in answers if key in entry},
        history=tuple(
            Change(int(change["daysAgo"]), change["message"], tuple(change["edits"])) for change in entry["history"]
        ),
        waivers=tuple(entry.get("waivers", ())),
    )


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    path = settings.BASE_DIR / "docs" / "demo" / "services.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
