"""Reads the parameters and bodies of catalog requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.request import Request

from catalog.paging import DEFAULT_LIMIT, MAX_LIMIT
from catalog.queries import FullText, Order, Query, clean, make_order, parse_filters, parse_order
from portal.foundation.errors import InputError

MAX_OFFSET = 10_000_000
MAX_FIELDS = 500


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the JSON object of the body; raises InputError for anything else."""
    try:
        data = request.data
    except RecursionError:
        raise InputError("The body is nested too deep.") from None
    if not isinstance(data, Mapping):
        raise InputError("The body must be a JSON object.")
    return data


def query_of_url(request: Request) -> Query:
    """Return the query that the address asks for."""
    parameters = request.query_params
    orders = [parse_order(text) for text in parameters.getlist("orderField")]
    term = parameters.get("fullTextFilterTerm")
    return Query(
        filters=parse_filters(parameters.getlist("filter")),
        order=orders[0] if orders else None,
        full_text=FullText(clean(term, "full text"), csv(request, "fullTextFilterFields")) if term else None,
    )


def query_of_body(body: Mapping[str, Any]) -> Query:
    """Return the query that the body of a POST asks for."""
    predicate = body.get("query", {})
    if not isinstance(predicate, Mapping):
        raise InputError("Invalid query: a predicate must be an object.")
    return Query(predicate=predicate, order=_order(body), full_text=_full_text(body))


def csv(request: Request, name: str) -> tuple[str, ...]:
    """Return a parameter of comma-separated words, which may repeat."""
    words = [word.strip() for text in request.query_params.getlist(name) for word in text.split(",")]
    return texts([word for word in words if word], name)


def texts(values: Any, name: str) -> tuple[str, ...]:
    """Return a list of strings, or raise InputError."""
    if values is None:
        return ()
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) > MAX_FIELDS:
        raise InputError(f"Invalid {name}: it must be a list of at most {MAX_FIELDS} texts.")
    return tuple(clean(value, name) for value in values)


def limit_of(value: Any) -> int:
    """Return the size of a page: what was asked for up to MAX_LIMIT, the default when nothing was; 0 is allowed."""
    return DEFAULT_LIMIT if value is None else min(_integer(value, "limit"), MAX_LIMIT)


def offset_of(value: Any) -> int:
    """Return where a page starts, 0 unless given."""
    return 0 if value is None else min(_integer(value, "offset"), MAX_OFFSET)


def wants_count(value: Any) -> bool:
    """Tell whether totalItems is to be counted; raises InputError unless it is include, exclude or nothing."""
    if value not in (None, "include", "exclude"):
        raise InputError("Invalid totalItems, must be include or exclude")
    return bool(value != "exclude")


def _integer(value: Any, name: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise InputError(f"Invalid {name}, not an integer of at least 0")


def _order(body: Mapping[str, Any]) -> Order | None:
    given = body.get("orderBy")
    orders = given if isinstance(given, list) else [given] if given is not None else []
    made = [_make_order(each) for each in orders[:10]]
    return made[0] if made else None


def _make_order(each: Any) -> Order:
    if not isinstance(each, Mapping):
        raise InputError("Invalid orderBy: write objects of field and order.")
    return make_order(each.get("field"), each.get("order", "asc"))


def _full_text(body: Mapping[str, Any]) -> FullText | None:
    given = body.get("fullTextFilter")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InputError("Invalid fullTextFilter: write an object of term and fields.")
    return FullText(clean(given.get("term", ""), "full text"), texts(given.get("fields"), "fullTextFilter fields"))
