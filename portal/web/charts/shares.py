"""A whole in its parts: one bar, a segment for each part that is not empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, GAP, LEAST = 1000, 6, 12


@dataclass(frozen=True, slots=True)
class Part:
    """A part: `key` chooses its colour, `href` leads to what it counts."""

    key: str
    label: str
    count: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part with its place in the bar."""

    part: Part
    x: int
    width: int
    percent: int


def shares(parts: Sequence[Part], *, whole: int | None = None) -> list[Segment]:
    """Return the segments of the parts that are not empty, in order, with gaps between them.

    `whole` is what the full width stands for, by default the sum of the parts. Even the smallest part can be seen: it
    gets `LEAST` units, which the larger ones give up.
    """
    filled = [part for part in parts if part.count > 0]
    total = max(whole or 0, sum(part.count for part in filled))
    if not total:
        return []
    room = WIDTH - GAP * (len(filled) - 1)
    spare = room - LEAST * len(filled)
    segments: list[Segment] = []
    x = 0
    for part in filled:
        width = LEAST + round(spare * part.count / total)
        segments.append(Segment(part, x, width, percent_of(part.count, total)))
        x += width + GAP
    return segments


def percent_of(count: int, total: int) -> int:
    """Return a percentage that is 0 or 100 only when that is exactly so."""
    if not total or not count:
        return 0
    return 100 if count == total else min(99, max(1, round(100 * count / total)))
