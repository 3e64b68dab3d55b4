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


def all_capabilities() -> list[str]:
    """Return all capabilities that the blank template offers."""
    return offered(library.load())


def render(into: Path, wanted: list[str], *, logger: str = "logrus") -> tuple[str, ...]:
    """Render the service into a folder that does not exist yet; return its capabilities, with those they need."""
    loaded = library.load()
    chosen = library.chosen_capabilities(loaded, loaded.templates[BLANK], wanted)
    answers = {"name": NAME, "description": "Measured", "owner": "group:default/payments", "lifecycle": "production"}
    render_with(loaded, BLANK, {**answers, "logger": logger, **dict.fromkeys(chosen, True)}, into)
    client.stop()
    return chosen
