"""A rendered service, and short ways to parse."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaffolder import library as libraries
from scaffolder.rendering.service import render_with
from tests.templates.conftest import BLANK, ROOT, answers


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the blank service with PostgreSQL, as the library renders it."""
    folder = tmp_path_factory.mktemp("render") / "ledger"
    render_with(libraries.load(ROOT / "templates" / "go"), BLANK, answers(postgres=True), folder)
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
