"""How a whole moves between states: two columns of blocks, and a band for everything that stays or goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.examining.terms import Level

WIDTH, HEIGHT, BLOCK, GAP = 720, 260, 16, 14
ORDER = (Level.GOLD, Level.SILVER, Level.BRONZE, Level.NONE)


@dataclass(frozen=True, slots=True)
class Block:
    """What is in one state, before or after."""

    level: Level
    count: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Band:
    """What moves from one state to another: its path, and whether it is a fall, a rise, or stays."""

    before: Level
    after: Level
    count: int
    path: str

    @property
    def look(self) -> str:
        """`fall`, `rise` or `same`."""
        if self.before is self.after:
            return "same"
        return "rise" if self.after.rank > self.before.rank else "fall"


@dataclass(frozen=True, slots=True)
class Flow:
    """The picture. Falls and rises come last, so that they lie above what stays."""

    before: tuple[Block, ...]
    after: tuple[Block, ...]
    bands: tuple[Band, ...]


def flow(moves: Mapping[tuple[Level, Level], int]) -> Flow | None:
    """Return the picture of `moves`, which counts by level before and after; None when nothing is counted."""
    total = sum(moves.values())
    if not total:
        return None
    scale = (HEIGHT - GAP * (len(ORDER) - 1)) / total
    before = _column({level: sum(n for (old, _), n in moves.items() if old is level) for level in ORDER}, scale)
    after = _column({level: sum(n for (_, new), n in moves.items() if new is level) for level in ORDER}, scale)
    left = {block.level: block.y for block in before}
    right = {block.level: block.y for block in after}
    bands = []
    for old in ORDER:
        for new in ORDER:
            count = moves.get((old, new), 0)
            if count:
                bands.append(Band(old, new, count, _path(left[old], right[new], count * scale)))
                left[old] += count * scale
                right[new] += count * scale
    return Flow(before, after, tuple(sorted(bands, key=lambda band: band.look != "same")))


def _column(counts: Mapping[Level, int], scale: float) -> tuple[Block, ...]:
    blocks = []
    y = 0.0
    for level in ORDER:
        height = counts[level] * scale
        blocks.append(Block(level, counts[level], round(y, 1), round(max(height, 2.0), 1)))
        y += height + GAP
    return tuple(blocks)


def _path(top_left: float, top_right: float, height: float) -> str:
    x1, x2, half = BLOCK, WIDTH - BLOCK, WIDTH / 2
    a, b, h = round(top_left, 1), round(top_right, 1), round(max(height, 1.0), 1)
    there = f"M{x1} {a}C{half} {a} {half} {b} {x2} {b}"
    back = f"V{b + h:.1f}C{half} {b + h:.1f} {half} {a + h:.1f} {x1} {a + h:.1f}Z"
    return there + back
