"""Reads `catalog-info.yaml`: YAML that the portal does not trust."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import yaml

from catalog.validation import MAX_BYTES, MAX_DEPTH
from portal.foundation.errors import InputError

MAX_NODES = 50_000
MAX_DOCUMENTS = 500
MAX_PLACEHOLDERS = 50
PLACEHOLDERS = ("$text", "$json", "$yaml")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _EntityLoader(_Loader):  # type: ignore[misc]
    """YAML with the scalars of JSON: `on` and dates stay text, as in Backstage; a key given twice is an error."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a map; keys that look like numbers are text, as in JavaScript."""
        keys: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _problem("a key is a list or a map; write text", key_node)
            if key_node.value in keys:
                raise _problem(f"the key {key_node.value[:60]!r} is there twice; keep one", key_node)
            keys.add(key_node.value)
            if key_node.tag in _PLAIN_TAGS:
                key_node.tag = "tag:yaml.org,2002:str"
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """Build a number; digits without end are an error."""
        text = node.value
        try:
            return int(text) if text.lstrip("+-").isdigit() else float(text)
        except ValueError:
            raise _problem("this number is too long; put it in quotes", node) from None


def _marked(message: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, message, mark)


def _problem(message: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return _marked(message, node.start_mark)


_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "float"))
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_EntityLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false|True|False)\Z"), list("tfTF"))
_EntityLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_EntityLoader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+0123456789"))
_EntityLoader.add_constructor("tag:yaml.org,2002:float", _EntityLoader.construct_number)


def parse_descriptor(text: str) -> list[dict[str, Any]]:
    """Return the entity documents of a YAML text; empty documents are left out.

    Raises InputError, with the line and what to do, when the text is too large, nested too deep, has anchors, aliases,
    tags or keys given twice, or is not YAML. The entities themselves are checked when they are upserted.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InputError(f"The descriptor is longer than {MAX_BYTES:,} bytes; split it.")
    try:
        _refuse_bombs(text)
        documents = list(yaml.load_all(text, Loader=_EntityLoader))
    except yaml.MarkedYAMLError as error:
        raise InputError(f"The descriptor is not valid YAML{_line(error.problem_mark)}: {error.problem}.") from None
    except (yaml.YAMLError, UnicodeError, ValueError):
        raise InputError("The descriptor is not valid YAML: it holds characters that YAML does not allow.") from None
    return [_mapping(document, number) for number, document in enumerate(documents, 1) if document is not None]


class BoundedReader:
    """Reads what the placeholders of one descriptor name: each file once, not too often and not too much together."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self._texts: dict[str, str] = {}
        self._count = self._size = 0

    def __call__(self, path: str) -> str:
        """Return the text at `path`; raises InputError beyond MAX_PLACEHOLDERS or MAX_BYTES in total."""
        self._count += 1
        if self._count > MAX_PLACEHOLDERS:
            raise InputError(f"The descriptor names more than {MAX_PLACEHOLDERS} files; write the values out.")
        if path not in self._texts:
            self._texts[path] = self._read(path)
        self._size += len(self._texts[path].encode("utf-8", "surrogatepass"))
        if self._size > MAX_BYTES:
            raise InputError(f"The files that the descriptor names have more than {MAX_BYTES:,} bytes; shorten them.")
        return self._texts[path]


def resolve_placeholders(document: Mapping[str, Any], read: Callable[[str], str]) -> dict[str, Any]:
    """Return `document` with every `{$text: path}`, `{$json: path}` and `{$yaml: path}` replaced by what it names.

    `read` returns the text of a file by the path as written, relative to the descriptor; it decides which paths
    it serves. It is bounded for this document; give a BoundedReader to bound several documents together.
    """
    bounded = read if isinstance(read, BoundedReader) else BoundedReader(read)
    resolved: dict[str, Any] = _resolve(document, bounded)
    return resolved


def _refuse_bombs(text: str) -> None:
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        nodes += isinstance(event, yaml.NodeEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        message = _refused(event, depth, nodes, documents)
        if message:
            raise _marked(message, event.start_mark)


def _refused(event: yaml.Event, depth: int, nodes: int, documents: int) -> str:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return "anchors and aliases are not allowed; write the value out"
    if depth > MAX_DEPTH:
        return f"it is nested more than {MAX_DEPTH} levels deep"
    if nodes > MAX_NODES:
        return f"it has more than {MAX_NODES:,} values; split it"
    return f"it has more than {MAX_DOCUMENTS} documents; split it" if documents > MAX_DOCUMENTS else ""


def _line(mark: Any) -> str:
    return f" in line {mark.line + 1}" if mark is not None else ""


def _mapping(document: Any, number: int) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise InputError(
            f"Document {number} of the descriptor is not a map: write apiVersion, kind, metadata and spec."
        )
    return document


def _resolve(value: Any, read: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_resolve(item, read) for item in value]
    if not isinstance(value, Mapping):
        return value
    key = next(iter(value), None)
    if len(value) == 1 and key in PLACEHOLDERS and isinstance(value[key], str):
        return _fill(str(key), value[key], read)
    return {key: _resolve(inner, read) for key, inner in value.items()}


def _fill(kind: str, path: str, read: Callable[[str], str]) -> Any:
    text = read(path)
    if kind == "$text":
        return text
    if kind == "$yaml":
        documents = parse_descriptor(text)
        return documents[0] if documents else None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{path[:120]} is named by $json and is not valid JSON.") from None
