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


@pytest.mark.xfail(
    reason="true findings, not mended yet: pkg/resilience, grpcserver and nine more have over 5 files; "
    "the comment share of the set none is 18.2 % (bar 17)",
    strict=True,
)
def test_a_render_reaches_every_style_bar(service: GoTree, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, table = service.attempt(style, ".")
    with capsys.disabled():
        print(f"\n{service.folder.name}\n{table}")  # noqa: T201 - whoever runs the gate wants to see the figures
    assert code == 0, table
    outcome = json.loads(service.run(style, "-json", "."))
    assert outcome["passed"]
    assert len(outcome["rows"]) == 10
