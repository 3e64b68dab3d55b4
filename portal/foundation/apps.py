"""The foundation as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """Users, API tokens, one-time sign-in links, and the checks of the installation."""

    name = "portal.foundation"
    label = "foundation"
    verbose_name = "Foundation"
    default_auto_field = "django.db.models.BigAutoField"
