"""How a fleet moved: a stack of areas, one for each level, over days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.examining.terms import Level

WIDTH, HEIGHT = 900, 260
LINES = 4
WEEK = 7
STACK = (Level.GOLD, Level.SILVER, Level.BRONZE, Level.NONE)
"""From the ground up: what is best has the even ground, where growth is easiest to see."""

Points = Sequence[tuple[dt.date, Mapping[Level, int]]]


@dataclass(frozen=True, slots=True)
class Band:
    """The area of one level, its upper edge, how many there are now, and how that differs from the first day."""

    level: Level
    area: str
    edge: str
    now: int
    change: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The picture: bands from the ground up, the heights of its grid, three dates, and a table with a row a week."""

    bands: tuple[Band, ...]
    grid: tuple[tuple[float, int], ...]
    dates: tuple[dt.date, dt.date, dt.date]
    rows: tuple[tuple[dt.date, tuple[int, ...]], ...]

    @property
    def top(self) -> int:
        """What the upper edge of the picture stands for."""
        return self.grid[-1][1]


def trend(points: Points) -> Trend:
    """Return the picture of the number of services by level, the oldest point first."""
    top = _round_up(max(sum(counts.values()) for _, counts in points))
    step = WIDTH / max(1, len(points) - 1)
    below = [0] * len(points)
    bands = []
    for level in STACK:
        above = [base + counts[level] for base, (_, counts) in zip(below, points, strict=True)]
        first, last = points[0][1][level], points[-1][1][level]
        bands.append(Band(level, _area(below, above, step, top), _line(above, step, top), last, last - first))
        below = above
    days = [day for day, _ in points]
    return Trend(
        bands=tuple(bands),
        grid=tuple((round(_y(top * n // LINES, top), 1), top * n // LINES) for n in range(1, LINES + 1)),
        dates=(days[0], days[len(days) // 2], days[-1]),
        rows=tuple((day, tuple(counts[level] for level in STACK)) for day, counts in reversed(points[::-WEEK])),
    )


def _area(below: Sequence[int], above: Sequence[int], step: float, top: int) -> str:
    back = [f"{round(index * step, 1)} {_y(below[index], top)}" for index in reversed(range(len(below)))]
    return f"{_line(above, step, top)}L{'L'.join(back)}Z"


def _line(heights: Sequence[int], step: float, top: int) -> str:
    places = [f"{round(index * step, 1)} {_y(height, top)}" for index, height in enumerate(heights)]
    return f"M{'L'.join(places)}"


def _y(count: int, top: int) -> float:
    return round(HEIGHT * (1 - count / top), 1)


def _round_up(number: int) -> int:
    """Return the next number whose quarter is a round one: 4, 8, 12, 16, 20, 24, 32, 40, 80, 120 and so on."""
    size = LINES
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if number <= size * factor:
                return size * factor
        size *= 10
