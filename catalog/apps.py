"""The catalog app."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Entities, relations, search and ingestion: what exists."""

    name = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
