"""YAML with positions, read by libyaml's events. Nothing is constructed, and nothing recurses.

Scalars follow the core schema of YAML 1.2.2 (https://yaml.org/spec/1.2.2/#103-core-schema), so that `on:` in a workflow
stays a key; beside it octal numbers of YAML 1.1 (`0640`) count, as Go's YAML readers take them. Dates stay texts. Keys
are the texts of their scalars. A merge key (`<<`) is resolved; a key's own value wins over a merged one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._text import decode, keepable, with_package

MOST_NODES = 60_000
MOST_ALIASED_NODES = 20_000
MOST_CHARACTERS = 2 * 1024 * 1024
MOST_DEPTH = 100
MOST_KEY = 1000

_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<octal>0o?[0-7]+)|(?P<hex>0x[0-9a-fA-F]+)|(?P<int>[-+]?[0-9]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?)"
)
_NUMERIC = frozenset("0123456789+-.")
_MOST_DIGITS = 19
_MERGE = "<<\0"  # no key is kept with a NUL
_TOO_DEEP = f"It is nested more than {MOST_DEPTH} deep."
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:binary")

Stored = dict[str, Any]


class BoundError(ParseError):
    """It may be YAML, but there is more of it than anybody needs."""


def parse(_path: str, content: bytes) -> Any:
    """Return `{"documents": [node]}`, nodes as in `conformance.examining.nodes`; ParseError when it is not YAML."""
    text = decode(content)
    builder = _Builder(is_keepable=text.isascii() and "\\" not in text)
    try:
        builder.read(yaml.CSafeLoader(text))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ParseError(f"It is not valid YAML: {keepable(str(error.problem))}.", line) from None
    except (yaml.YAMLError, UnicodeEncodeError, ValueError) as error:
        raise ParseError(f"It is not valid YAML: {keepable(str(error), 200)}.") from None
    return {"documents": builder.documents}


class _Builder:
    """Builds stored nodes from events, and counts what it builds.

    Keys are most of what files hold, so that no node is made of one. `is_keepable` says that every text of the
    document can be kept as it is.
    """

    def __init__(self, *, is_keepable: bool) -> None:
        self.documents: list[Stored] = []
        self._is_keepable = is_keepable
        self._key_of: Callable[[str, int], str] = _as_it_is if is_keepable else keepable
        self._open: list[_Collection] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = self._aliased = self._characters = 0
        self._readers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: partial(self._start, is_mapping=True),
            yaml.SequenceStartEvent: partial(self._start, is_mapping=False),
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentEndEvent: self._end_document,
        }

    def read(self, loader: Any) -> None:
        """Read all events of a loader."""
        readers, event_of = self._readers, loader.get_event
        while (event := event_of()) is not None:
            reader = readers.get(type(event))
            if reader is not None:
                reader(event)

    def _scalar(self, event: Any) -> None:
        text, line = event.value, event.start_mark.line + 1
        self._nodes += 1
        self._characters += len(text)
        if self._nodes > MOST_NODES or self._characters > MOST_CHARACTERS:
            raise _too_many(line)
        if self._open and self._open[-1].wants_key and event.anchor is None:
            self._open[-1].name(text, line, is_plain=event.implicit[0])
        else:
            self._value(event, text, line)

    def _value(self, event: Any, text: str, line: int) -> None:
        is_plain = event.implicit[0]
        value = _resolved(text) if is_plain or (event.tag and event.tag not in _TEXT_TAGS) else text
        if not self._is_keepable and isinstance(value, str):
            value = keepable(value, MOST_CHARACTERS)
        stored = {"l": line, "v": value}
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(stored, text, 1, len(text), 0)
        self._place(stored, text, is_plain=is_plain)

    def _end_document(self, _event: Any) -> None:
        self._anchors.clear()

    def _start(self, event: Any, *, is_mapping: bool) -> None:
        line = event.start_mark.line + 1
        if len(self._open) >= MOST_DEPTH:
            raise BoundError(_TOO_DEEP, line)
        stored: Stored = {"l": line, "m": {}} if is_mapping else {"l": line, "s": []}
        self._open.append(_Collection(stored, event.anchor, (self._nodes, self._characters), self._key_of))
        self._count(line, 0)

    def _end(self, _event: Any) -> None:
        done = self._open.pop()
        if done.anchor:
            nodes, characters = done.before
            counts = self._nodes - nodes, self._characters - characters
            self._anchors[done.anchor] = _Anchored(done.stored, None, *counts, done.height)
        if self._open:
            self._open[-1].holds(done.height)
        self._place(done.stored, None)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        meant = self._anchors.get(event.anchor)
        if meant is None:
            raise ParseError(f"The alias *{keepable(event.anchor, 60)} has no finished anchor before it.", line)
        self._aliased += meant.nodes
        if self._aliased > MOST_ALIASED_NODES:
            raise BoundError(f"Its aliases expand to more than {MOST_ALIASED_NODES} nodes.", line)
        if len(self._open) + meant.height > MOST_DEPTH:
            raise BoundError(_TOO_DEEP, line)
        self._count(line, meant.characters, meant.nodes)
        if self._open:
            self._open[-1].holds(meant.height)
        self._place(meant.stored, meant.text)

    def _count(self, line: int, characters: int, nodes: int = 1) -> None:
        self._nodes += nodes
        self._characters += characters
        if self._nodes > MOST_NODES or self._characters > MOST_CHARACTERS:
            raise _too_many(line)

    def _place(self, stored: Stored, text: str | None, *, is_plain: bool = False) -> None:
        """Put a finished node where it belongs; `text` is what it is called as a key."""
        if self._open:
            self._open[-1].add(stored, text, is_plain=is_plain)
        else:
            self.documents.append(stored)


def _as_it_is(text: str, _most: int) -> str:
    return text


def _too_many(line: int) -> BoundError:
    return BoundError(f"It holds more than {MOST_NODES} nodes or {MOST_CHARACTERS} characters.", line)


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, and how much of it there is."""

    stored: Stored
    text: str | None
    nodes: int
    characters: int
    height: int


class _Collection:
    """A mapping or sequence that is being read."""

    __slots__ = (
        "_items", "_key", "_key_of", "_merged", "_values", "anchor", "before", "height", "stored", "wants_key",
    )  # fmt: skip

    def __init__(
        self, stored: Stored, anchor: str | None, before: tuple[int, int], key_of: Callable[[str, int], str]
    ) -> None:
        self.stored, self.anchor, self.before = stored, anchor, before
        self._key_of = key_of
        self.height = 1
        self._items: list[Stored] | None = stored.get("s")
        self.wants_key = self._items is None
        self._values: dict[str, Stored] = stored.get("m", {})
        self._key = ""
        self._merged: dict[str, Stored] | None = None

    def holds(self, height: int) -> None:
        """Note that something of this height lies within."""
        self.height = max(self.height, height + 1)

    def add(self, node: Stored, text: str | None, *, is_plain: bool) -> None:
        """Take the next item, key or value; `text` is what a node is called as a key."""
        if self._items is not None:
            self._items.append(node)
        elif self.wants_key:
            if text is None:
                raise ParseError("A key of a mapping is itself a mapping or a list.", node["l"])
            self.name(text, node["l"], is_plain=is_plain)
        else:
            self.wants_key = True
            if self._key == _MERGE:
                self._merge(node)
            else:
                self._values[self._key] = node

    def name(self, text: str, line: int, *, is_plain: bool) -> None:
        """Take the next key."""
        self.wants_key = False
        if is_plain and text == "<<":
            self._key = _MERGE
            return
        if len(text) > MOST_KEY:
            raise ParseError(f"A key is longer than {MOST_KEY} characters.", line)
        key = self._key = self._key_of(text, MOST_KEY)
        if key in self._values and (self._merged is None or self._values[key] is not self._merged.get(key)):
            raise ParseError(f'The key "{keepable(text, 60)}" is there twice.', line)

    def _merge(self, node: Stored) -> None:
        self._merged = {} if self._merged is None else self._merged
        for source in node.get("s", [node]):
            if "m" not in source:
                raise ParseError("Only mappings can be merged by <<.", node["l"])
            for name, value in source["m"].items():
                if name not in self._values:
                    self._values[name] = self._merged[name] = value


def _resolved(text: str) -> Any:
    """Return what a plain scalar stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _MOST_DIGITS or text[0] not in _NUMERIC:
        return text
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    kind = match.lastgroup
    if kind == "float":
        return float(text)
    return int(text.replace("o", ""), 8) if kind == "octal" else int(text, 16 if kind == "hex" else 10)


PARSER = Parser(
    name="yaml",
    version=with_package("1", "PyYAML"),
    wants=lambda path: path.endswith((".yaml", ".yml")),
    parse=parse,
)
