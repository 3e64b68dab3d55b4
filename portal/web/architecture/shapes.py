"""Boxes with their text, in the units of the picture."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from portal.web.architecture.scene import Part

LABEL_CHAR, DETAIL_CHAR = 7.4, 5.9
LABEL_LINE, DETAIL_LINE = 17, 14
MARGIN, GAP = 10, 10
MOST_LINES, FEW_LINES = 3, 2


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text, centred at `x`, standing on `y`; `look` is its class."""

    x: float
    y: float
    words: str
    look: str


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> float:
        """The middle between left and right."""
        return self.x + self.width / 2

    @property
    def middle(self) -> float:
        """The middle between top and bottom."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Box:
    """A part where it stands."""

    part: Part
    area: Area

    @property
    def look(self) -> str:
        """The classes of the box."""
        return f"arch-{self.part.role}{' arch-missing' if self.part.is_missing else ''}"

    @property
    def outline(self) -> str:
        """The path of a store, which is drawn as a drum; "" for what is a plain rectangle."""
        if self.part.role != "store":
            return ""
        x, y, right, bottom, lid = self.area.x, self.area.y, self.area.right, self.area.bottom, 6
        half = self.area.width / 2
        side = f"M{x:g} {y + lid:g}A{half:g} {lid} 0 0 1 {right:g} {y + lid:g}V{bottom - lid:g}"
        floor = f"A{half:g} {lid} 0 0 1 {x:g} {bottom - lid:g}Z"
        rim = f"M{x:g} {y + lid:g}A{half:g} {lid} 0 0 0 {right:g} {y + lid:g}"
        return side + floor + rim

    @property
    def texts(self) -> tuple[Text, ...]:
        """Its label and what it is for, centred."""
        details = wrapped(self.part.detail, self.area.width)
        top = self.area.middle - (LABEL_LINE + DETAIL_LINE * len(details)) / 2 + (4 if self.outline else 0)
        label = Text(self.area.centre, top + 13, cut(self.part.label, self.area.width), "arch-label")
        lines = (
            Text(self.area.centre, top + LABEL_LINE + DETAIL_LINE * index + 10.5, words, "arch-detail")
            for index, words in enumerate(details)
        )
        return (label, *lines)


def wrapped(text: str, width: float) -> list[str]:
    """Return `text` in lines that fit a box of this width, the last one cut if there are too many."""
    room = max(6, int((width - MARGIN) / DETAIL_CHAR))
    return textwrap.wrap(text, room, max_lines=MOST_LINES, placeholder="…", break_on_hyphens=False)


def cut(text: str, width: float) -> str:
    """Return a label that fits a box of this width."""
    room = max(4, int((width - MARGIN) / LABEL_CHAR))
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def height_of(part: Part, width: float) -> float:
    """Return the height that a part needs in this width."""
    drum = 8 if part.role == "store" else 0
    return 2 * MARGIN + LABEL_LINE + DETAIL_LINE * len(wrapped(part.detail, width)) + drum


def rows(parts: Sequence[Part], area: Area, *, most: int, widest: float) -> list[Box]:
    """Return the parts side by side from the top of `area`, centred, at most `most` in a row.

    Where what they are for would not fit in two lines, one less stands in a row.
    """
    if not parts:
        return []
    count = math.ceil(len(parts) / math.ceil(len(parts) / most))
    if count > 2 and any(len(wrapped(part.detail, area.width / count - GAP)) > FEW_LINES for part in parts):
        count -= 1
    found: list[Box] = []
    y = area.y
    for start in range(0, len(parts), count):
        row = parts[start : start + count]
        width = round(min(widest, (area.width - GAP * (count - 1)) / count), 1)
        height = max(height_of(part, width) for part in row)
        x = area.centre - (width * len(row) + GAP * (len(row) - 1)) / 2
        step = width + GAP
        found += [Box(part, Area(round(x + place * step, 1), y, width, height)) for place, part in enumerate(row)]
        y += height + GAP
    return found


def column(parts: Sequence[Part], x: float, width: float, middle: float) -> list[Box]:
    """Return the parts below each other, centred at `middle`."""
    y = middle - length(parts, width) / 2
    found = []
    for part in parts:
        height = height_of(part, width)
        found.append(Box(part, Area(x, y, width, height)))
        y += height + GAP
    return found


def length(parts: Sequence[Part], width: float) -> float:
    """Return how high a column of these parts is."""
    return sum(height_of(part, width) for part in parts) + GAP * max(0, len(parts) - 1)


def bottom(boxes: Sequence[Box], otherwise: float) -> float:
    """Return the lower edge of the lowest box, `otherwise` when there is none."""
    return max((box.area.bottom for box in boxes), default=otherwise)


def down(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the path of an arrow that goes down."""
    half = (y1 + y2) / 2
    return f"M{x1:g} {y1:g}C{x1:g} {half:g} {x2:g} {half:g} {x2:g} {y2:g}"


def across(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the path of an arrow that goes to the right."""
    half = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{half:g} {y1:g} {half:g} {y2:g} {x2:g} {y2:g}"
