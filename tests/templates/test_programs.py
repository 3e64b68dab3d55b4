"""The Go programs that renders are measured with: they are held to what they measure."""

from __future__ import annotations

import pytest

from tests.templates.conftest import ROOT, GoTree

pytestmark = pytest.mark.go


@pytest.mark.parametrize("folder", ["tests/templates/style", "tests/bench/go/load", "tests/bench/go/floor"])
def test_programs_are_formatted_vetted_and_pass_their_tests(go: str, folder: str) -> None:
    program = GoTree(ROOT / folder)
    assert program.run("gofmt", "-l", ".") == ""
    program.run(go, "vet", "./...")
    program.run(go, "test", "-shuffle=on", "./...")
