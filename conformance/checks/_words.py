"""Words of verdicts: what files and people wrote is cut to a length that a sentence can hold."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60


def cut(text: object, most: int = _LONGEST) -> str:
    """Return the text on one line, printable, at most `most` characters long."""
    words = " ".join(str(text)[: 4 * most].split())
    shown = "".join(character if character.isprintable() else "?" for character in words)
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def listed(names: Iterable[object], most: int = 3) -> str:
    """Return names as a sentence lists them: `a, b and c`, or `a, b, c and 4 more`."""
    shown = [cut(name) for name in names]
    if len(shown) > most:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
