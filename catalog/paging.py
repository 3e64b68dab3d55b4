"""Pages of entities: sorted, counted, and continued by keyset."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, FilteredRelation, Min, OuterRef, Q, Subquery

from catalog.choices import RELATION_BY_LOWER
from catalog.cursors import Cursor, Place
from catalog.models import Entity, EntityQuerySet, Relation
from catalog.models.conditions import RELATIONS
from catalog.queries import Order, Query

DEFAULT_LIMIT = 200
MAX_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a result; `total` is 0 when it was not asked for."""

    items: EntityQuerySet | list[Entity]
    total: int
    next_cursor: Cursor | None = None
    prev_cursor: Cursor | None = None


def first_page(query: Query, *, limit: int = DEFAULT_LIMIT, offset: int = 0, count: bool = True) -> Page:
    """Return the entities of `query` from `offset` on, and how many there are when `count`."""
    found = ordered(query)
    total = found.count() if count else None
    if limit == 0:
        return Page([], total or 0)
    rows = list(found[offset : offset + limit + 1])
    items = rows[:limit]
    following = None
    if len(rows) > limit:
        following = Cursor(query, _place(items[-1]), _place(items[0]), False, total)
    return Page(items, total or 0, following)


def next_page(cursor: Cursor, *, limit: int = DEFAULT_LIMIT) -> Page:
    """Return the page that `cursor` leads to, forward or back."""
    if limit == 0:
        return Page([], cursor.total or 0)
    found = ordered(cursor.query, backwards=cursor.is_previous).filter(_beyond(cursor))
    rows = list(found[: limit + 1])
    items = rows[:limit][::-1] if cursor.is_previous else rows[:limit]
    following = preceding = None
    if items and (cursor.is_previous or len(rows) > limit):
        following = replace(cursor, place=_place(items[-1]), is_previous=False)
    if items and _place(items[0]) != cursor.first:
        preceding = replace(cursor, place=_place(items[0]), is_previous=True)
    return Page(items, cursor.total or 0, following, preceding)


def ordered(query: Query, *, backwards: bool = False) -> EntityQuerySet:
    """Return the entities of `query` in its order; those without a value to sort by are left out."""
    found: Any = Entity.objects.filter(query.condition())
    order = query.order
    if order is None:
        return _entities(found.order_by("-uid" if backwards else "uid"))
    found = _with_sort_value(found, order)
    sign = "-" if order.descending != backwards else ""
    return _entities(found.order_by(f"{sign}sort_value", f"{sign}uid"))


def _with_sort_value(found: Any, order: Order) -> Any:
    key = order.field.lower()
    if key.startswith(RELATIONS):
        rows = Relation.objects.filter(
            source_ref=OuterRef("ref"), type=RELATION_BY_LOWER.get(key[len(RELATIONS) :], "")
        )
        least = rows.order_by().values("source_ref").annotate(least=Min("target_ref")).values("least")
        return found.annotate(sort_value=Subquery(least)).filter(sort_value__isnull=False)
    entry = FilteredRelation("entries", condition=Q(entries__key=key, entries__is_least=True))
    return found.annotate(entry=entry).filter(entry__value__isnull=False).annotate(sort_value=F("entry__value"))


def _entities(found: Any) -> EntityQuerySet:
    entities: EntityQuerySet = found
    return entities


def _place(entity: Entity) -> Place:
    return Place(getattr(entity, "sort_value", None), entity.uid)


def _beyond(cursor: Cursor) -> Q:
    place, order = cursor.place, cursor.query.order
    descending = order is not None and order.descending
    further = "lt" if descending != cursor.is_previous else "gt"
    beyond = Q(**{f"uid__{further}": place.uid})
    if order is None:
        return beyond
    return Q(**{f"sort_value__{further}": place.value}) | (Q(sort_value=place.value) & beyond)
