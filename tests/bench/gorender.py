"""The rendered service of the benchmarks: the blank template with every capability that it offers."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")

import django

django.setup()

from scaffolder import library  # noqa: E402
from scaffolder.rendering import client  # noqa: E402
from scaffolder.rendering.service import render_with  # noqa: E402

BLANK = "template:default/go-blank-service"
NAME = "ledger"


def offered(loaded: library.Library) -> list[str]:
    """Return the capabilities that the form of the blank template offers, in composing order."""
    pages = loaded.templates[BLANK].manifest["spec"]["parameters"]
    asked = {name for page in pages for name in page["properties"]}
    return [name for name in loaded.capabilities if name in asked]


def render(into: Path, *, logger: str = "logrus", only: list[str] | None = None) -> list[str]:
    """Render the service into a folder that does not exist yet, and return its capabilities."""
    loaded = library.load()
    chosen = offered(loaded) if only is None else only
    answers = {"name": NAME, "description": "Measured", "owner": "group:default/payments", "lifecycle": "production"}
    render_with(loaded, BLANK, {**answers, "logger": logger, **dict.fromkeys(chosen, True)}, into)
    client.stop()
    return chosen
