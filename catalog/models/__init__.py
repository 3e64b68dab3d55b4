"""Rows of the catalog."""

from __future__ import annotations

from catalog.models.entity import Entity, EntityQuerySet, fill_relations
from catalog.models.relation import Relation
from catalog.models.search_entry import SearchEntry

__all__ = ["Entity", "EntityQuerySet", "Relation", "SearchEntry", "fill_relations"]
