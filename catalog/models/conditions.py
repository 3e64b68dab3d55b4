"""Conditions on entities, in terms of Backstage's flat search keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q

from catalog.choices import KIND_BY_LOWER, RELATION_BY_LOWER
from catalog.models.relation import Relation
from catalog.models.search_entry import SearchEntry

RELATIONS = "relations."
NOTHING = Q(pk__in=[])
EVERYTHING = ~NOTHING  # not Q(): that one vanishes from a disjunction

Filter = Mapping[str, Sequence[str] | None]


def holds(key: str, lookup: str = "", argument: Any = None) -> Q:
    """Return the condition that an entity has `key`, with a value that passes the ORM's `lookup` (`in`, ...).

    Without a lookup, any value will do. `argument` must be lower-cased already.
    """
    key = key.lower()
    if key.startswith(RELATIONS):
        return _is_related(key, lookup, argument)
    rows = SearchEntry.objects.filter(key=key)
    if lookup:
        rows = rows.filter(**{f"value__{lookup}": argument})
    return Q(pk__in=rows.values("entity_id"))


def equals(key: str, values: Sequence[str]) -> Q:
    """Return the condition that a value of `key` is among `values`, in any case."""
    if key.lower() == "kind":
        return Q(kind__in=[KIND_BY_LOWER[value.lower()] for value in values if value.lower() in KIND_BY_LOWER])
    return holds(key, "in", [value.lower() for value in values])


def any_of(conditions: Sequence[Q]) -> Q:
    """Return the condition that one of `conditions` holds; of none, none does."""
    return reduce(or_, conditions) if conditions else NOTHING


def all_of(conditions: Sequence[Q]) -> Q:
    """Return the condition that all of `conditions` hold."""
    return reduce(and_, conditions, EVERYTHING)


def matches(filters: Sequence[Filter]) -> Q:
    """Return the condition of Backstage's filters: one of them, and of that one every key.

    A key maps to the values of which it must have one, or to None when it must only exist.
    """
    if not filters:
        return EVERYTHING
    return any_of([all_of([_key(key, values) for key, values in each.items()]) for each in filters])


def _key(key: str, values: Sequence[str] | None) -> Q:
    return holds(key) if values is None else equals(key, values)


def _is_related(key: str, lookup: str, argument: Any) -> Q:
    type_ = RELATION_BY_LOWER.get(key.removeprefix(RELATIONS))
    if type_ is None:
        return NOTHING
    rows = Relation.objects.filter(type=type_)
    if lookup:
        rows = rows.filter(**{f"target_ref__{lookup}": argument})
    return Q(ref__in=rows.values("source_ref"))
