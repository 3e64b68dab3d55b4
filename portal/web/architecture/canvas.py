"""What a drawing is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.web.architecture.scene import Part
from portal.web.architecture.shapes import DETAIL_CHAR, Area, Box, Text

CALLERS = Part("callers", "caller", "Callers", "people and services")
GATE = "Guards"
HEAD, PAD, STEP, INSET = 28, 14, 30, 8


@dataclass(frozen=True, slots=True)
class Group:
    """A frame around boxes, with its name at the top; `look` is `frame`, `gate` or `core`."""

    look: str
    label: str
    area: Area

    @property
    def name(self) -> Text:
        """Its name, in its upper left corner."""
        return Text(self.area.x + PAD, self.area.y + 19, self.label, "arch-name")

    @property
    def radius(self) -> int:
        """How round its corners are."""
        return 14 if self.look == "frame" else 9


@dataclass(frozen=True, slots=True)
class Watch:
    """The strip of observability, what is written on it, and the path from the service to it."""

    area: Area
    words: str
    path: str

    @property
    def is_upright(self) -> bool:
        """Whether the words run downwards."""
        return self.area.height > self.area.width


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished drawing: `key` tells it from the other one of the same scene. Arrows lie under the boxes."""

    key: str
    width: float
    height: float
    groups: tuple[Group, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]
    watch: Watch


@dataclass
class Canvas:
    """Gathers what is placed."""

    groups: list[Group] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    arrows: list[str] = field(default_factory=list)

    def group(self, look: str, label: str, area: Area) -> Area:
        """Add a frame and return where it is."""
        self.groups.append(Group(look, label, area))
        return area

    def frame(self, label: str, area: Area) -> Area:
        """Add the frame of the service, which lies under all others, and return where it is."""
        self.groups.insert(0, Group("frame", label, area))
        return area

    def place(self, boxes: list[Box]) -> list[Box]:
        """Add boxes and return them."""
        self.boxes += boxes
        return boxes

    def finish(self, key: str, width: float, height: float, watch: Watch) -> Drawing:
        """Return the drawing."""
        groups, boxes, arrows = tuple(self.groups), tuple(self.boxes), tuple(self.arrows)
        return Drawing(key, round(width, 1), round(height, 1), groups, boxes, arrows, watch)


def core_of(name: str) -> Part:
    """Return what is written in the middle of the service."""
    return Part("core", "words", "Use cases", f"rules of {name}")


def fitting(words: Iterable[str], room: float) -> str:
    """Return as many of the words as fit in `room`, separated by dots, with how many more there are."""
    given = list(words)
    for count in range(len(given), 0, -1):
        more = [] if count == len(given) else [f"{len(given) - count} more"]
        text = "\u2002·\u2002".join([*given[:count], *more])
        if len(text) * DETAIL_CHAR <= room - 2 * INSET:
            return text
    return ""
