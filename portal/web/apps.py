"""The pages app."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages, sign-in and the management commands that run an installation."""

    name = "portal.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
