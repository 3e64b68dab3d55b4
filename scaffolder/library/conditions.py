"""Conditions of files: a folder under `when/` is laid over the others when its name holds for the chosen capabilities.

`redis` holds with Redis, `no-redis` without it; parts joined by `+` must all hold: `rest+no-postgres`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

WITHOUT = "no-"


def folders(when: Path) -> list[Path]:
    """Return the folders of conditions, in the order of their names; none when there are none."""
    return sorted(path for path in when.iterdir() if path.is_dir()) if when.is_dir() else []


def holds(condition: str, capabilities: Collection[str]) -> bool:
    """Tell whether a condition holds when these capabilities are chosen."""
    return all(
        part.removeprefix(WITHOUT) not in capabilities if part.startswith(WITHOUT) else part in capabilities
        for part in condition.split("+")
    )


def needed(condition: str) -> tuple[str, ...]:
    """Return the capabilities that must be chosen for a condition to hold."""
    return tuple(part for part in condition.split("+") if not part.startswith(WITHOUT))


def unknown(condition: str, known: Iterable[str]) -> list[str]:
    """Return the names in a condition that are no capabilities, sorted."""
    return sorted({part.removeprefix(WITHOUT) for part in condition.split("+")} - set(known))
