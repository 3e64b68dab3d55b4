"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the colour theme that the visitor chose ("" follows the system) and the installation's address."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    match = request.resolver_match
    return {
        "theme": theme if theme in THEMES else "",
        "section": (match.url_name or "").partition("-")[0] if match and match.namespace == "web" else "",
        "base_url": settings.GOLDPATH_BASE_URL,
    }
