"""The data folder: everything that Goldpath keeps outside the database lies under GOLDPATH_HOME."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def folder(*parts: str) -> Path:
    """Return the folder `parts` under the data folder, made on first use and closed to other users."""
    path = Path(settings.GOLDPATH_HOME, *parts)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
