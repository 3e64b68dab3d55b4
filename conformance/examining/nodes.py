"""YAML with positions, as parsers store it and checks read it.

A stored node is `{"l": line, "v": scalar}`, `{"l": line, "m": {key: node}}` or `{"l": line, "s": [node, ...]}`; lines
count from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ABSENT: dict[str, Any] = {"l": 0}
_EMPTY: dict[str, Any] = {}


class Node:
    """One node of a document. Reading what is not there gives an absent node, so that paths can be walked freely."""

    __slots__ = ("_stored",)

    def __init__(self, stored: dict[str, Any] | None) -> None:
        self._stored = stored if stored is not None else _ABSENT

    def __getitem__(self, key: str | int) -> Node:
        """Return the value of a key of a mapping, or an item of a sequence."""
        if isinstance(key, int):
            items = self._stored.get("s", [])
            return Node(items[key]) if -len(items) <= key < len(items) else _NOTHING
        stored = self._stored.get("m", _EMPTY).get(key)
        return _NOTHING if stored is None else Node(stored)

    def at(self, path: str) -> Node:
        """Return the node at a dotted path of keys, such as `spec.template.spec`."""
        stored = self._stored
        for key in path.split("."):
            stored = stored.get("m", _EMPTY).get(key, _ABSENT)
        return _NOTHING if stored is _ABSENT else Node(stored)

    def __bool__(self) -> bool:
        """Tell whether the node is there."""
        return self._stored is not _ABSENT

    @property
    def line(self) -> int:
        """The line on which the node begins; 0 for an absent one."""
        return int(self._stored["l"])

    @property
    def value(self) -> Any:
        """The scalar: text, number, truth value or None; None for mappings, sequences and absent nodes."""
        return self._stored.get("v")

    @property
    def text(self) -> str:
        """The scalar as text; empty when there is none."""
        value = self._stored.get("v")
        return "" if value is None else str(value)

    @property
    def is_mapping(self) -> bool:
        """Whether the node is a mapping."""
        return "m" in self._stored

    @property
    def is_sequence(self) -> bool:
        """Whether the node is a sequence."""
        return "s" in self._stored

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the keys and values of a mapping; nothing for anything else."""
        for key, stored in self._stored.get("m", {}).items():
            yield key, Node(stored)

    def keys(self) -> list[str]:
        """Return the keys of a mapping."""
        return list(self._stored.get("m", {}))

    def __iter__(self) -> Iterator[Node]:
        """Yield the items of a sequence; anything else counts as a sequence of itself, an absent node as empty."""
        if self.is_sequence:
            yield from (Node(stored) for stored in self._stored["s"])
        elif self:
            yield self

    def texts(self) -> list[str]:
        """Return the scalars of a sequence, or the one scalar, as texts."""
        return [node.text for node in self if node.value is not None]

    def plain(self) -> Any:
        """Return the node as plain lists, dicts and scalars."""
        if self.is_mapping:
            return {key: node.plain() for key, node in self.items()}
        return [node.plain() for node in self] if self.is_sequence else self.value

    def walk(self) -> Iterator[Node]:
        """Yield the node and everything below it."""
        yield self
        below = [node for _, node in self.items()] if self.is_mapping else list(self) if self.is_sequence else []
        for node in below:
            yield from node.walk()


_NOTHING = Node(None)
