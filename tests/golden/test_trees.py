"""What the library renders is what the golden trees hold: every change of a render is a change that a review sees.

`make golden` writes them anew.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from tests.golden.trees import NAMES, path_of, tree

SHOWN = 60


@pytest.mark.parametrize("name", NAMES)
def test_a_render_is_its_golden_tree(name: str, tmp_path: Path) -> None:
    made = tree(name, tmp_path / "render")
    if os.environ.get("GOLDPATH_TEST_WRITE_GOLDEN") == "1":
        path_of(name).write_text(made, encoding="utf-8")
    kept = path_of(name).read_text(encoding="utf-8")
    difference = list(
        difflib.unified_diff(kept.splitlines(), made.splitlines(), "golden", "rendered", lineterm="", n=1)
    )
    told = "\n".join(difference[:SHOWN])
    assert not difference, (
        f"{told}\n{len(difference)} lines. If this was meant, run `make golden` and commit what it changes."
    )
