"""Draws an entity's relations: places boxes and lines for a picture that the server renders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.graph import Node
from catalog.services import Graph

WIDTH, BOX, HEIGHT, GAP = 820, 210, 46, 18
_UPWARD = frozenset({"ownedBy", "partOf", "memberOf", "childOf", "scaffoldedFrom", "apiProvidedBy", "dependencyOf"})
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Box:
    """One entity: where its box stands, and what is in it."""

    x: int
    y: int
    node: Node
    label: str
    words: str

    @property
    def look(self) -> str:
        """The classes of the box."""
        centre = " node-centre" if self.node.is_centre else ""
        return f"node{centre}" if self.node.exists else f"node node-missing{centre}"


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture: its height, boxes, and the paths of its lines."""

    height: int
    boxes: tuple[Box, ...]
    paths: tuple[str, ...]
    omitted: int

    @property
    def width(self) -> int:
        """The width of every picture, in its own units."""
        return WIDTH


def draw(graph: Graph) -> Picture:
    """Return the picture: what the entity belongs to at the left, itself in the middle, the rest at the right."""
    words: dict[str, list[str]] = {}
    upward: set[str] = set()
    for edge in graph.edges:
        words.setdefault(edge.target, []).append(edge.label)
        if edge.type in _UPWARD:
            upward.add(edge.target)
    centre, *others = graph.nodes
    left = [node for node in others if node.ref in upward]
    right = [node for node in others if node.ref not in upward]
    height = max(len(left), len(right), 1) * (HEIGHT + GAP) + GAP
    middle = Box((WIDTH - BOX) // 2, (height - HEIGHT) // 2, centre, _cut(centre.title), centre.kind)
    sides = [*_column(left, 1, height, words), *_column(right, WIDTH - BOX - 1, height, words)]
    paths = tuple(_curve(middle, box) for box in sides)
    return Picture(height, (middle, *sides), paths, graph.omitted)


def _column(nodes: Sequence[Node], x: int, height: int, words: dict[str, list[str]]) -> list[Box]:
    top = (height - len(nodes) * (HEIGHT + GAP) + GAP) // 2
    return [
        Box(x, top + index * (HEIGHT + GAP), node, _cut(node.title), ", ".join(words[node.ref]))
        for index, node in enumerate(nodes)
    ]


def _curve(middle: Box, box: Box) -> str:
    is_left = box.x < middle.x
    start = middle.x if is_left else middle.x + BOX
    end = box.x + BOX if is_left else box.x
    half = (start + end) // 2
    y1, y2 = middle.y + HEIGHT // 2, box.y + HEIGHT // 2
    return f"M{start} {y1}C{half} {y1} {half} {y2} {end} {y2}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
