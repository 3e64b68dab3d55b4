"""Entities: what exists, who owns it and what it belongs to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.db.models import Count
from django.utils import timezone

from catalog.choices import KIND_BY_LOWER, RELATION_BY_LOWER, Kind
from catalog.models.conditions import RELATIONS, Filter, any_of, holds, matches
from catalog.models.relation import Relation
from catalog.models.search_entry import SearchEntry

MAX_TEXT = 200
MAX_WORDS = 10
TEXT_KEYS = ("metadata.name", "metadata.title", "metadata.description", "metadata.tags", "spec.profile.displayname")

Facets = dict[str, list[tuple[str, int]]]


class EntityQuerySet(models.QuerySet["Entity"]):
    """Reads of entities."""

    def of_kind(self, *kinds: str) -> EntityQuerySet:
        """Return the entities of these kinds, in any case."""
        return self.filter(kind__in=[KIND_BY_LOWER[kind.lower()] for kind in kinds if kind.lower() in KIND_BY_LOWER])

    def filtered(self, filters: Sequence[Filter]) -> EntityQuerySet:
        """Return what passes one of the Backstage filters; see `conditions.matches`."""
        return self.filter(matches(filters))

    def search(self, text: str) -> EntityQuerySet:
        """Return what has every word of `text` in its name, title, description or tags; ten words at most count."""
        found = self
        for word in text[:MAX_TEXT].lower().split()[:MAX_WORDS]:
            found = found.filter(any_of([holds(key, "contains", word) for key in TEXT_KEYS]))
        return found

    def listed(
        self,
        *,
        kind: str = "",
        type: str = "",
        owner: str = "",
        lifecycle: str = "",
        system: str = "",
        tag: str = "",
        text: str = "",
    ) -> EntityQuerySet:
        """Return what a list page shows: `owner` and `system` are references; an empty argument does not restrict.

        An argument with a NUL, which no column can hold, finds nothing.
        """
        columns = {"type": type, "owner_ref": owner.lower(), "lifecycle": lifecycle, "system_ref": system.lower()}
        found = self.of_kind(kind) if kind else self
        found = found.filter(**{column: value for column, value in columns.items() if value})
        if tag:
            found = found.filter(holds("metadata.tags", "in", [tag.lower()]))
        is_possible = not any("\0" in given for given in (*columns.values(), tag, text))
        return found.search(text) if is_possible else self.none()

    def owned_by(self, refs: Iterable[str]) -> EntityQuerySet:
        """Return what one of these groups or people owns."""
        return self.filter(owner_ref__in=[ref.lower() for ref in refs])

    def facets(self, keys: Sequence[str]) -> Facets:
        """Count the entities by the values of each key: `{key: [(value in its own case, count)]}`, sorted by value.

        Two queries at most, whatever the number of keys.
        """
        found: Facets = {key: [] for key in keys}
        by_lower: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            by_lower[key.lower()].append(key)
        for lower, value, count in [*self._entry_facets(by_lower), *self._relation_facets(by_lower)]:
            for key in by_lower[lower]:
                found[key].append((value, count))
        return {key: sorted(values) for key, values in found.items()}

    def with_relations(self) -> list[Entity]:
        """Return the entities, each with `relations` filled: two queries."""
        return fill_relations(list(self))

    def _entry_facets(self, by_lower: dict[str, list[str]]) -> list[tuple[str, str, int]]:
        keys = [key for key in by_lower if not key.startswith(RELATIONS)]
        if not keys:
            return []
        rows = SearchEntry.objects.filter(key__in=keys, original__isnull=False, entity__in=self.order_by().values("pk"))
        counted = rows.values_list("key", "original").annotate(Count("pk"))
        return [(key, str(value), count) for key, value, count in counted]

    def _relation_facets(self, by_lower: dict[str, list[str]]) -> list[tuple[str, str, int]]:
        types = {
            key: RELATION_BY_LOWER.get(key.removeprefix(RELATIONS)) for key in by_lower if key.startswith(RELATIONS)
        }
        wanted = {type_.value: key for key, type_ in types.items() if type_}
        if not wanted:
            return []
        rows = Relation.objects.filter(type__in=wanted, source_ref__in=self.order_by().values("ref"))
        counted = rows.values_list("type", "target_ref").annotate(Count("source_ref", distinct=True))
        return [(wanted[type_], target, count) for type_, target, count in counted]


class Entity(models.Model):
    """One thing of the catalog, as the source that defines it last described it.

    `document` is the entity as on the wire without uid, etag and relations, which the portal makes. The other columns
    are copies out of it that lists filter and sort by. `location` is where the entity is defined: one location owns it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = models.CharField(max_length=255, unique=True)
    api_version = models.CharField(max_length=320)
    kind = models.CharField(max_length=63, choices=Kind.choices)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=200, blank=True)
    lifecycle = models.CharField(max_length=200, blank=True)
    owner_ref = models.CharField(max_length=255, blank=True, db_index=True)
    system_ref = models.CharField(max_length=255, blank=True, db_index=True)
    location = models.CharField(max_length=1000, db_index=True)
    origin = models.CharField(max_length=1000)
    etag = models.CharField(max_length=40)
    document = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EntityQuerySet.as_manager()

    class Meta:
        ordering = ("ref",)
        verbose_name_plural = "entities"
        indexes = (models.Index(fields=["kind", "name"], name="entity_by_kind"),)

    def __str__(self) -> str:
        return self.ref

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata as the source gave it, with the portal's annotations."""
        found: dict[str, Any] = self.document["metadata"]
        return found

    @property
    def spec(self) -> dict[str, Any]:
        """The spec as the source gave it."""
        found: dict[str, Any] = self.document.get("spec", {})
        return found

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations of the metadata."""
        found: dict[str, str] = self.metadata.get("annotations", {})
        return found

    @property
    def display_name(self) -> str:
        """What people call the entity: its profile's or its own title, else its name."""
        profile = self.spec.get("profile")
        named = profile.get("displayName") if isinstance(profile, dict) else None
        return str(named or self.title or self.name)

    @property
    def relations(self) -> list[tuple[str, str]]:
        """Pairs of type and target reference, sorted; read on first use unless `with_relations` did."""
        if self._relations is None:
            rows = Relation.objects.filter(source_ref=self.ref).values_list("type", "target_ref")
            self._relations = sorted(set(rows))
        return self._relations

    @relations.setter
    def relations(self, relations: list[tuple[str, str]]) -> None:
        self._relations = relations

    _relations: list[tuple[str, str]] | None = None


def fill_relations(entities: list[Entity]) -> list[Entity]:
    """Read the relations of all `entities` in one query, and return them."""
    by_source: dict[str, set[tuple[str, str]]] = defaultdict(set)
    rows = Relation.objects.filter(source_ref__in=[entity.ref for entity in entities])
    for source, type_, target in rows.values_list("source_ref", "type", "target_ref"):
        by_source[source].add((type_, target))
    for entity in entities:
        entity.relations = sorted(by_source[entity.ref])
    return entities
