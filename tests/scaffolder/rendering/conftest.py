"""Renders of the fixture library."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from scaffolder import library, rendering
from tests.scaffolder.fixture_library import REF, VALUES, write_library

Rendering = Callable[..., rendering.Render]


@pytest.fixture
def render(tmp_path: Path) -> Rendering:
    """Return a function that renders the fixture library with changed files and changed values."""
    numbers = itertools.count()

    def make(files: Mapping[str, str | None] | None = None, **values: Any) -> rendering.Render:
        number = next(numbers)
        root = write_library(tmp_path / f"library{number}", dict(files or {}))
        return rendering.render_with(library.load(root), REF, {**VALUES, **values}, tmp_path / f"render{number}")

    return make
