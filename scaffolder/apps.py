"""The scaffolder app."""

from __future__ import annotations

from django.apps import AppConfig


class ScaffolderConfig(AppConfig):
    """Templates, runs, rendering, forges and lineage: makes services."""

    name = "scaffolder"
    default_auto_field = "django.db.models.BigAutoField"
