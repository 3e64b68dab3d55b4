"""The conformance app."""

from __future__ import annotations

from django.apps import AppConfig


class ConformanceConfig(AppConfig):
    """Keeps services on the path; its checks and snapshots arrive with their own issue."""

    name = "conformance"
    default_auto_field = "django.db.models.BigAutoField"
