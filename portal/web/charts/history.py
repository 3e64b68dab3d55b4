"""The history of one service: its level in steps, and its score, over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.examining.terms import Level

WIDTH, LANE, SCORE = 900, 40, 100
LANES = (Level.GOLD, Level.SILVER, Level.BRONZE, Level.NONE)
HEIGHT = LANE * len(LANES)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the service was worth from `at` on."""

    at: dt.datetime
    level: Level
    score: int


@dataclass(frozen=True, slots=True)
class Dot:
    """The place of one evaluation in both parts of the picture."""

    x: float
    level_y: float
    score_y: float
    level: Level


@dataclass(frozen=True, slots=True)
class History:
    """The picture: lines between lanes, the steps of the level, the line and area of the score, and a dot each."""

    lanes: tuple[float, ...]
    steps: str
    score_line: str
    score_area: str
    dots: tuple[Dot, ...]
    first: dt.datetime
    last: dt.datetime


def history(moments: Sequence[Moment], *, now: dt.datetime) -> History | None:
    """Return the picture of the moments, the oldest first; None when there are none."""
    if not moments:
        return None
    first = min(moments[0].at, now - dt.timedelta(days=1))
    span = max((now - first).total_seconds(), 1.0)
    dots = [_dot(moment, (moment.at - first).total_seconds() / span) for moment in moments]
    line = _steps([(dot.x, dot.score_y) for dot in dots])
    return History(
        lanes=tuple(float(LANE * n) for n in range(1, len(LANES))),
        steps=_steps([(dot.x, dot.level_y) for dot in dots]),
        score_line=line,
        score_area=f"{line}V{SCORE}H{dots[0].x}Z",
        dots=tuple(dots),
        first=first,
        last=now,
    )


def _dot(moment: Moment, share: float) -> Dot:
    lane = LANES.index(moment.level)
    x = round(WIDTH * min(1.0, max(0.0, share)), 1)
    return Dot(x, LANE * (lane + 0.5), float(SCORE - moment.score), moment.level)


def _steps(places: Sequence[tuple[float, float]]) -> str:
    """Return the path that stays at each height until the next place, and goes on to the present."""
    x, y = places[0]
    return f"M{x} {y}" + "".join(f"H{x}V{y}" for x, y in places[1:]) + f"H{WIDTH}"
