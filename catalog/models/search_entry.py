"""The flat search index."""

from __future__ import annotations

from django.db import models


class SearchEntry(models.Model):
    """One value at one dotted path of an entity, as Backstage's catalog flattens it.

    `key` and `value` are lower-cased; `original` keeps the case for facets. A value that is null or too long is NULL:
    the key exists, and equals nothing. `is_least` marks the entry of an entity and key that the entity is ordered by.
    """

    entity = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="entries", db_index=False)
    key = models.CharField(max_length=200)
    value = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null is "exists, equals nothing"
    original = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null as above
    is_least = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=["key", "value", "entity", "is_least"], name="search_by_key"),
            models.Index(fields=["entity", "key"], name="search_by_entity"),
        )

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
