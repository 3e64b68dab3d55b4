"""Flattens an entity into Backstage's search index (plugins/catalog-backend, buildEntitySearch)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catalog.refs import DEFAULT_NAMESPACE
from portal.foundation.errors import InputError

MAX_KEY = 200
MAX_VALUE = 200
MAX_ROWS = 5_000

_EXCLUDED = frozenset(
    {"attachments", "relations", "status", "metadata.name", "metadata.namespace", "metadata.uid", "metadata.etag"}
)


class Row(NamedTuple):
    """One entry: key and value lower-cased, the value in its original case, and whether it is the least of its key."""

    key: str
    value: str | None
    original: str | None
    is_least: bool


def flatten(document: Mapping[str, Any], uid: str) -> list[Row]:
    """Return the search rows of an entity document.

    Raises InputError when two keys differ only in case, or when there would be more than MAX_ROWS rows.
    """
    found: dict[tuple[str, str | None], str | None] = {}
    spelled: dict[str, str] = {}
    for key, value in (*_visit("", document), *_special(document, uid)):
        lower = key.lower()
        if spelled.setdefault(lower, key) != key:
            raise InputError(f"The keys {spelled[lower][:80]!r} and {key[:80]!r} differ only in case; keep one.")
        if len(lower) <= MAX_KEY:
            original = _text(value)
            found.setdefault((lower, None if original is None else original.lower()), original)
        if len(found) > MAX_ROWS:
            raise InputError(f"The entity has more than {MAX_ROWS:,} values to search by; make it smaller.")
    return _marked(found)


def _marked(found: Mapping[tuple[str, str | None], str | None]) -> list[Row]:
    least: dict[str, str] = {}
    for key, value in found:
        if value is not None and value <= least.get(key, value):
            least[key] = value
    return [
        Row(key, value, original, value is not None and least[key] == value) for (key, value), original in found.items()
    ]


def _visit(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if path in _EXCLUDED:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _visit(f"{path}.{key}" if path else key, inner)
    elif isinstance(value, list | tuple):
        yield from _items(path, value)
    else:
        yield path, value


def _items(path: str, items: list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for item in items:
        yield from _visit(path, item)
        if isinstance(item, str) and item.lower() not in seen:
            seen.add(item.lower())
            yield f"{path}.{item}", True


def _special(document: Mapping[str, Any], uid: str) -> Iterator[tuple[str, Any]]:
    metadata = document["metadata"]
    yield "metadata.name", metadata["name"]
    yield "metadata.namespace", metadata.get("namespace", DEFAULT_NAMESPACE)
    yield "metadata.uid", uid


def wire_text(value: str | bool | float) -> str:
    """Return a JSON scalar as JavaScript writes it: `true`, and `1` for 1.0."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = wire_text(value)
    return text if len(text) <= MAX_VALUE and len(text.lower()) <= MAX_VALUE else None
