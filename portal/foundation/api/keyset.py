"""Pages by keyset: each page begins behind the last row of the one before, so that depth costs nothing.

A view says in `orders` by what its rows can be sorted, and in `tie` by what rows of the same value are. The place goes
into the cursor; filters do not, and are sent along with it. The condition is written as `key <= x` less the rows that
were seen, which both databases answer from an index; the obvious `OR` they do not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.utils.dateparse import parse_datetime
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from portal.foundation.api.cursors import malformed, pack, unpack
from portal.foundation.errors import InputError

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
PARAMETERS = ("cursor", "limit", "sort", "totalItems")
_INTEGER = 2**63 - 1


def text(value: Any) -> str:
    """Return a text of a cursor."""
    if not isinstance(value, str) or "\0" in value or len(value) > 2_000:
        raise ValueError
    return value


def number(value: Any) -> int:
    """Return a whole number of a cursor."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _INTEGER:
        raise ValueError
    return value


def moment(value: Any) -> dt.datetime:
    """Return a time of a cursor."""
    found = parse_datetime(text(value))
    if found is None or found.tzinfo is None:
        raise ValueError
    return found


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are sorted by: a column or an expression, which is never null, and how a cursor's value is read."""

    expression: str | Combinable
    read: Callable[[Any], Any] = text

    def sorted_by(self, rows: QuerySet[Any]) -> tuple[QuerySet[Any], str]:
        """Return the rows with the key, and the name under which they have it."""
        if isinstance(self.expression, str):
            return rows, self.expression
        return rows.annotate(sort_key=self.expression), "sort_key"


class Place(NamedTuple):
    """Where a page ends: how it is sorted, and the key and tie of its last row."""

    sort: str
    key: Any
    tie: Any


@dataclass(slots=True)
class Page:
    """One page: its rows, the cursor of the next one ("" when there is none), and the number of all rows if asked."""

    items: list[Any] = field(default_factory=list)
    next_cursor: str = ""
    total: int | None = None


class KeysetPagination(BasePagination):
    """`?limit=&cursor=&sort=`, answered as `{"items": [...], "pageInfo": {"nextCursor": ...}}`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page that the address asks for."""
        asked = request.query_params
        limit, counts = _limit(asked.get("limit")), _wants_count(asked.get("totalItems"))
        orders: Mapping[str, Key] = view.orders
        place = _place(asked.get("cursor", ""), orders, getattr(view, "tie_read", number))
        sort = _sort(asked.get("sort", ""), orders, place, view.default_sort)
        self.page = _page(queryset, orders, sort, place, limit, view.tie)
        self.page.total = queryset.count() if counts else None
        return self.page.items

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page around its items."""
        following = {"nextCursor": self.page.next_cursor} if self.page.next_cursor else {}
        total = {} if self.page.total is None else {"totalItems": self.page.total}
        return Response({"items": data, **total, "pageInfo": following})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema of a page."""
        cursor = {"type": "string", "description": "Send it as `cursor` for the next page; absent on the last one."}
        return {
            "type": "object",
            "required": ["items", "pageInfo"],
            "properties": {
                "items": schema,
                "totalItems": {"type": "integer", "minimum": 0, "description": "Only with `totalItems=include`."},
                "pageInfo": {"type": "object", "properties": {"nextCursor": cursor}},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters of a list as OpenAPI knows them."""
        names = sorted(view.orders)
        sorts = [*names, *(f"-{name}" for name in names)]
        return [
            _parameter(
                "cursor", "`pageInfo.nextCursor` of the page before, with the same filters.", {"type": "string"}
            ),
            _parameter(
                "limit",
                "The size of a page.",
                {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            ),
            _parameter(
                "sort", "By what; with `-`, downwards.", {"type": "string", "enum": sorts, "default": view.default_sort}
            ),
            _parameter(
                "totalItems",
                "`include` counts all rows, which takes longer.",
                {"type": "string", "enum": ["include", "exclude"], "default": "exclude"},
            ),
        ]


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _page(rows: QuerySet[Any], orders: Mapping[str, Key], sort: str, place: Place | None, limit: int, tie: str) -> Page:
    is_descending = sort.startswith("-")
    rows, key = orders[sort.removeprefix("-")].sorted_by(rows)
    if place is not None:
        rows = _behind(rows, key, tie, place, is_descending=is_descending)
    sign = "-" if is_descending else ""
    found = list(rows.order_by(f"{sign}{key}", f"{sign}{tie}").annotate(tie_key=F(tie))[: limit + 1])
    items = found[:limit]
    if len(found) <= limit:
        return Page(items)
    last = items[-1]
    return Page(items, pack([sort, _packed(getattr(last, key)), _packed(last.tie_key)]))


def _behind(rows: QuerySet[Any], key: str, tie: str, place: Place, *, is_descending: bool) -> QuerySet[Any]:
    further, seen = ("lte", "gte") if is_descending else ("gte", "lte")
    return rows.filter(**{f"{key}__{further}": place.key}).exclude(**{key: place.key, f"{tie}__{seen}": place.tie})


def _packed(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _place(cursor: str, orders: Mapping[str, Key], tie_read: Callable[[Any], Any]) -> Place | None:
    if not cursor:
        return None
    try:
        sort, key, tie = unpack(cursor)
        order = orders[text(sort).removeprefix("-")]
        return Place(sort, order.read(key), tie_read(tie))
    except (ValueError, TypeError, KeyError):
        raise malformed() from None


def _sort(asked: str, orders: Mapping[str, Key], place: Place | None, default: str) -> str:
    if asked and asked.removeprefix("-") not in orders:
        raise InputError(f"Invalid sort: use one of {', '.join(sorted(orders))}, with a - before it for downwards.")
    if place is None:
        return asked or default
    if asked and asked != place.sort:
        raise InputError(f"This cursor goes on by {place.sort}: leave out sort, or begin anew without cursor.")
    return place.sort


def _limit(asked: str | None) -> int:
    if asked is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,9}", asked) or int(asked) < 1:
        raise InputError("Invalid limit: it must be a whole number from 1.")
    return min(int(asked), MAX_LIMIT)


def _wants_count(asked: str | None) -> bool:
    if asked not in {None, "include", "exclude"}:
        raise InputError("Invalid totalItems: it must be include or exclude.")
    return asked == "include"
