"""Cursors: a whole query and a place in its result, as base64 of JSON.

The layout is Backstage's, as its client looks inside: a cursor with `query` is sent back by POST, any other by GET.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

import jsonschema

from catalog.models.conditions import Filter
from catalog.queries import MAX_CONDITIONS, FullText, Order, Query, clean
from portal.foundation.api.cursors import malformed, pack, unpack
from portal.foundation.errors import InputError

_TEXT = {"type": "string", "maxLength": 1_000}
_TEXTS = {"type": "array", "items": _TEXT, "maxItems": 5_000}
_PLACE = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}
_KEY = {"type": "object", "required": ["key"], "properties": {"key": _TEXT, "values": _TEXTS}}
_ALL = {"type": "object", "required": ["allOf"], "properties": {"allOf": {"type": "array", "items": _KEY}}}
_ORDER = {
    "type": "object",
    "required": ["field", "order"],
    "properties": {"field": _TEXT, "order": {"enum": ["asc", "desc"]}},
}
_CURSOR = jsonschema.Draft202012Validator(
    {
        "type": "object",
        "required": ["orderFields", "orderFieldValues", "isPrevious"],
        "properties": {
            "orderFields": {"type": "array", "items": _ORDER, "maxItems": 10},
            "orderFieldValues": _PLACE,
            "firstSortFieldValues": _PLACE,
            "isPrevious": {"type": "boolean"},
            "totalItems": {"type": "integer", "minimum": 0},
            "filter": {
                "type": "object",
                "required": ["anyOf"],
                "properties": {"anyOf": {"type": "array", "items": _ALL, "maxItems": MAX_CONDITIONS}},
            },
            "query": {"type": "string"},
            "fullTextFilter": {
                "type": "object",
                "required": ["term"],
                "properties": {"term": _TEXT, "fields": _TEXTS},
            },
        },
    }
)


class Place(NamedTuple):
    """Where an entity stands in a result: its value of the order field, if there is one, and its uid."""

    value: str | None
    uid: uuid.UUID


@dataclass(frozen=True, slots=True)
class Cursor:
    """A query, the place to go on from, the first place of all, and which way; `total` is None if not counted."""

    query: Query
    place: Place
    first: Place
    is_previous: bool
    total: int | None

    def encode(self) -> str:
        """Return the cursor as text for the wire."""
        return pack(_layout(self))


def decode(text: str) -> Cursor:
    """Return the cursor that `text` is; raises InputError, `Malformed cursor ...`, for anything else."""
    try:
        data = unpack(text)
        if not _CURSOR.is_valid(data):
            raise ValueError
        return _cursor(data)
    except (ValueError, RecursionError, InputError):
        raise malformed() from None


def _layout(cursor: Cursor) -> dict[str, Any]:
    query = cursor.query
    order = query.order
    data: dict[str, Any] = {
        "orderFields": [{"field": order.field, "order": "desc" if order.descending else "asc"}] if order else [],
        "orderFieldValues": _values(cursor.place),
        "firstSortFieldValues": _values(cursor.first),
        "isPrevious": cursor.is_previous,
        "totalItems": cursor.total,
        "filter": {"anyOf": [_all_of(each) for each in query.filters]} if query.filters else None,
        "query": None if query.predicate is None else json.dumps(query.predicate),
        "fullTextFilter": _full_text(query.full_text),
    }
    return {key: value for key, value in data.items() if value is not None}


def _values(place: Place) -> list[str]:
    return [str(place.uid)] if place.value is None else [place.value, str(place.uid)]


def _all_of(each: Filter) -> dict[str, Any]:
    keys = [{"key": key} if values is None else {"key": key, "values": list(values)} for key, values in each.items()]
    return {"allOf": keys}


def _full_text(full_text: FullText | None) -> dict[str, Any] | None:
    return {"term": full_text.term, "fields": list(full_text.fields)} if full_text else None


def _cursor(data: dict[str, Any]) -> Cursor:
    place = _place(data["orderFieldValues"])
    first = _place(data.get("firstSortFieldValues", data["orderFieldValues"]))
    query = _query(data)
    if (place.value is None) != (query.order is None) or (first.value is None) != (query.order is None):
        raise ValueError("the place does not belong to the order")
    return Cursor(query, place, first, data["isPrevious"], data.get("totalItems"))


def _place(values: list[str]) -> Place:
    *value, uid = values
    return Place(clean(value[0], "cursor") if value else None, uuid.UUID(uid))


def _query(data: dict[str, Any]) -> Query:
    filters = [_filter(each["allOf"]) for each in data.get("filter", {}).get("anyOf", [])]
    if sum(map(len, filters)) > MAX_CONDITIONS:
        raise ValueError("too many conditions")
    orders = [Order(clean(each["field"], "cursor"), each["order"] == "desc") for each in data["orderFields"]]
    text = data.get("fullTextFilter")
    fields = [clean(each, "cursor") for each in text.get("fields", [])] if text else []
    return Query(
        filters=tuple(filters),
        predicate=json.loads(data["query"]) if "query" in data else None,
        order=orders[0] if orders else None,
        full_text=FullText(clean(text["term"], "cursor"), tuple(fields)) if text else None,
    )


def _filter(keys: list[dict[str, Any]]) -> Filter:
    found: dict[str, list[str] | None] = {}
    for each in keys:
        values = each.get("values")
        found[clean(each["key"], "cursor")] = None if values is None else [clean(value, "cursor") for value in values]
    return found
