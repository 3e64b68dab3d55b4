"""What callers ask for: filters, predicates, orders and full text, read strictly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from catalog.choices import RELATION_BY_LOWER
from catalog.models.conditions import (
    EVERYTHING,
    NOTHING,
    RELATIONS,
    Filter,
    all_of,
    any_of,
    equals,
    holds,
    matches,
)
from catalog.search import wire_text
from catalog.validation import is_safe_text
from portal.foundation.errors import InputError

MAX_TEXT = 1_000
MAX_CONDITIONS = 200
MAX_VALUES = 5_000
MAX_DEPTH = 20

_Check = Callable[[str, Any], Q]


@dataclass(frozen=True, slots=True)
class Order:
    """What to sort by: a search key, and which way."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class FullText:
    """A part of a word, and the search keys to look for it in; none means the order's, else the uid."""

    term: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """Which entities, in which order. `predicate` is None unless the caller posted one."""

    filters: tuple[Filter, ...] = ()
    predicate: Any = None
    order: Order | None = None
    full_text: FullText | None = None

    def condition(self) -> Q:
        """Return the condition of filters, predicate and full text together; a wrong predicate raises InputError."""
        return all_of([matches(self.filters), self._predicate(), self._full_text()])

    def _predicate(self) -> Q:
        return EVERYTHING if self.predicate is None else predicate_condition(self.predicate)

    def _full_text(self) -> Q:
        term = self.full_text.term.strip().lower() if self.full_text else ""
        if self.full_text is None or not term:
            return EVERYTHING
        fields = self.full_text.fields or ((self.order.field,) if self.order else ("metadata.uid",))
        return any_of([holds(field, "contains", term) for field in fields])


def clean(text: Any, what: str) -> str:
    """Return `text` when it is a string that a query may hold; else raise InputError, calling it `what`."""
    if not isinstance(text, str):
        raise InputError(f"Invalid {what}: it must be text.")
    if len(text) > MAX_TEXT:
        raise InputError(f"Invalid {what}: it is longer than {MAX_TEXT:,} characters.")
    if not is_safe_text(text):
        raise InputError(f"Invalid {what}: it holds control characters.")
    return text


def parse_filters(texts: Sequence[str]) -> tuple[Filter, ...]:
    """Return the filters of repeated `filter` parameters: `k=v,k2=v2`, where `k` alone asks that the key exists.

    Raises InputError for a statement without a key, and for more conditions than a query may have.
    """
    filters = [parsed for parsed in map(_parse_filter, texts) if parsed]
    if sum(map(len, filters)) > MAX_CONDITIONS:
        raise InputError(f"Invalid filter: it has more than {MAX_CONDITIONS} conditions.")
    return tuple(filters)


def _parse_filter(text: str) -> Filter:
    found: dict[str, list[str] | None] = {}
    for statement in filter(None, map(str.strip, text.split(","))):
        key, equals_sign, value = (part.strip() for part in clean(statement, "filter").partition("="))
        if not key:
            raise InputError(f"Invalid filter, {statement!r} is not of the form a=b, a= or a.")
        values = found.setdefault(key.lower(), None)
        if equals_sign:
            found[key.lower()] = [*(values or []), value]
    return found


def parse_order(text: str) -> Order:
    """Return the order of `<field>,asc` or `<field>,desc`; the direction may be left out."""
    field, comma, direction = clean(text, "order field").partition(",")
    return make_order(field, direction if comma else "asc")


def make_order(field: Any, direction: Any) -> Order:
    """Return the order by `field`, one way or the other."""
    if not clean(field, "order field").strip():
        raise InputError("Invalid order field: it must name a field.")
    if direction not in ("asc", "desc"):
        raise InputError("Invalid order field order, must be asc or desc")
    return Order(field.strip(), direction == "desc")


def predicate_condition(predicate: Any) -> Q:
    """Return the condition of a Backstage filter predicate, or raise InputError with what is wrong in it."""
    conditions = values = 0
    for depth, value in _walk(predicate, 0):
        conditions += isinstance(value, Mapping) and len(value)
        values += not isinstance(value, Mapping | list)
        if depth > MAX_DEPTH or conditions > MAX_CONDITIONS or values > MAX_VALUES:
            raise InputError("Invalid query: it is too large or nested too deep.")
    return _predicate(predicate)


def _walk(value: Any, depth: int) -> Iterator[tuple[int, Any]]:
    yield depth, value
    if depth <= MAX_DEPTH:
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        for each in inner:
            yield from _walk(each, depth + 1)


def _predicate(predicate: Any) -> Q:
    if not isinstance(predicate, Mapping):
        raise InputError("Invalid query: a predicate must be an object.")
    operators = [key for key in predicate if str(key).startswith("$")]
    if not operators:
        return all_of([_field(field, wanted) for field, wanted in predicate.items()])
    if len(predicate) > 1 or operators[0] not in ("$all", "$any", "$not"):
        raise InputError("Invalid query: use one of $all, $any and $not, alone, or names of fields.")
    return _logic(operators[0], predicate[operators[0]])


def _logic(operator: str, argument: Any) -> Q:
    if operator == "$not":
        return ~_predicate(argument)
    if not isinstance(argument, list):
        raise InputError(f"Invalid query: {operator} takes a list.")
    conditions = [_predicate(each) for each in argument]
    return all_of(conditions) if operator == "$all" else any_of(conditions)


def _field(field: Any, wanted: Any) -> Q:
    field = clean(field, "query field")
    if not isinstance(wanted, Mapping):
        return equals(field, [_primitive(wanted)])
    if len(wanted) != 1:
        raise InputError("Invalid query: a field takes a value, or an object with one operator.")
    operator, argument = next(iter(wanted.items()))
    check = _OPERATORS.get(operator)
    if check is None:
        raise InputError(f"Invalid query: the operators of a field are {', '.join(_OPERATORS)}.")
    return check(field, argument)


def _exists(field: str, argument: Any) -> Q:
    if not isinstance(argument, bool):
        raise InputError("Invalid query: $exists takes true or false.")
    return holds(field) if argument else ~holds(field)


def _in(field: str, argument: Any) -> Q:
    if not isinstance(argument, list):
        raise InputError("Invalid query: $in takes a list.")
    return equals(field, [_primitive(each) for each in argument])


def _has_prefix(field: str, argument: Any) -> Q:
    return holds(field, "startswith", clean(argument, "$hasPrefix").lower())


def _contains(field: str, argument: Any) -> Q:
    if not isinstance(argument, Mapping):
        return equals(field, [_primitive(argument)])
    if field.lower() != "relations" or not {"type"} <= set(argument) <= {"type", "targetRef"}:
        raise InputError("Invalid query: $contains takes a value, or for relations an object of type and targetRef.")
    type_ = clean(argument["type"], "relation type").lower()
    if type_ not in RELATION_BY_LOWER:
        return NOTHING
    key = f"{RELATIONS}{type_}"
    return _field(key, argument["targetRef"]) if "targetRef" in argument else holds(key)


def _primitive(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return wire_text(value)
    return clean(value, "query value")


_OPERATORS: dict[str, _Check] = {
    "$exists": _exists,
    "$in": _in,
    "$hasPrefix": _has_prefix,
    "$contains": _contains,
}
