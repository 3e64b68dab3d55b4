"""Relations between entities."""

from __future__ import annotations

from django.db import models

from catalog.choices import RelationType


class Relation(models.Model):
    """One direction of a relation.

    An entity emits both directions of each of its relations, so `source_ref` may be another entity than the emitter,
    and neither end needs to exist. Two emitters may state the same relation (a user's memberOf, a group's members).
    """

    emitter = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="emitted")
    source_ref = models.CharField(max_length=255)
    type = models.CharField(max_length=32, choices=RelationType.choices)
    target_ref = models.CharField(max_length=255)

    class Meta:
        indexes = (
            models.Index(fields=["source_ref", "type", "target_ref"], name="relation_by_source"),
            models.Index(fields=["type", "target_ref", "source_ref"], name="relation_by_target"),
        )

    def __str__(self) -> str:
        return f"{self.source_ref} {self.type} {self.target_ref}"
