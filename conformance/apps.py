"""The conformance app."""

from __future__ import annotations

from django.apps import AppConfig


class ConformanceConfig(AppConfig):
    """Keeps services on the path: snapshots, drift, checks, levels, waivers, policies."""

    name = "conformance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Begin to listen."""
        from conformance import receivers  # noqa: F401 - registers itself
