"""The style bars of what the library renders, measured by the program under `style`."""

from __future__ import annotations

import json

import pytest

from tests.templates.conftest import CACHE, ROOT, GoTree

pytestmark = pytest.mark.go
SOURCE = GoTree(ROOT / "tests" / "templates" / "style")


@pytest.fixture(scope="session")
def style(go: str) -> str:
    """Build the program that measures style, and return its path."""
    path = CACHE / "bin" / "style"
    SOURCE.run(go, "build", "-o", str(path), ".")
    return str(path)


def test_a_render_reaches_every_style_bar(service: GoTree, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, table = service.attempt(style, ".")
    with capsys.disabled():
        print(f"\n{service.folder.name}\n{table}")  # noqa: T201 - whoever runs the gate wants to see the figures
    _, outcome = service.attempt(style, "-json", ".")
    rows = json.loads(outcome)["rows"]
    assert len(rows) == 10
    missed = {row["measure"] for row in rows if not row["passed"]}
    assert not missed, table
