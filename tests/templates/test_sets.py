"""The sets that the gate renders leave no two capabilities untried together, or apart."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scaffolder import library as libraries
from scaffolder.rendering.service import render_with
from tests.templates.conftest import BLANK, ROOT, answers
from tests.templates.sets import ALWAYS_BUILT, ALWAYS_TESTED, SETS, answers_for, offered, pairs_of, possible_pairs


def test_the_sets_cover_every_pair_of_choices() -> None:
    library = libraries.load()
    template = library.templates[BLANK]
    names = offered(template, library)
    covered = set().union(*(pairs_of(chosen, names) for chosen in SETS.values()))
    assert possible_pairs(library, template, names) - covered == set()


def test_the_largest_set_holds_every_capability_that_is_offered() -> None:
    library = libraries.load()
    assert set(offered(library.templates[BLANK], library)) <= set(SETS["all"])


@pytest.mark.parametrize("name", SETS)
def test_each_set_can_be_chosen(name: str) -> None:
    library = libraries.load()
    template = library.templates[BLANK]
    wanted = set(SETS[name]) & set(offered(template, library))
    if not wanted & {"rest", "grpc", "graphql"}:
        wanted &= {"postgres", "redis", "crypto"}
    assert wanted <= set(libraries.chosen_capabilities(library, template, wanted))


def test_none_and_all_are_always_built() -> None:
    assert {"none", "all"} <= set(ALWAYS_BUILT) <= set(SETS)
    assert set(ALWAYS_TESTED) <= set(ALWAYS_BUILT)


def test_every_platform_package_is_in_a_set_that_is_always_tested(tmp_path: Path) -> None:
    library = libraries.load()
    for name in ALWAYS_TESTED:
        render_with(library, BLANK, answers(**answers_for(name)), tmp_path / name)
    rendered = {path for name in ALWAYS_TESTED for path in _go_files(tmp_path / name / "pkg")}
    assert rendered == _go_files(ROOT / "templates" / "go" / "platform" / "pkg")


def _go_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.go")}


def test_make_templates_takes_every_set() -> None:
    """The settings of the suite remove variables of the machine: the one that the Makefile sets must outlive them."""
    target = re.search(r"^templates:.*\n\t@(\w+=\w+) ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert target is not None
    name, _, value = target[1].partition("=")
    code = "import portal.settings.test; from tests.templates import sets; print(*sets.built(), '/', *sets.tested())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, name: value},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == [*SETS, "/", *SETS]
