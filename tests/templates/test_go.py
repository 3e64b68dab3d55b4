"""What the library renders, judged by Go's own tools: built, vetted, linted, tested, for every variant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.templates.conftest import ROOT, GoTree, race
from tests.templates.sets import FULL, SETS

pytestmark = pytest.mark.go
MINIMUM_COVERAGE = 90.0
PLATFORM = GoTree(ROOT / "templates" / "go" / "platform")
# Packages that only help other tests (*test) count as tests do: not.
_COVERED = re.compile(r"^ok\s+goldpath\.local/service/pkg/(\S+)(?<!test)\s.*coverage: (\d+\.\d)% of", re.MULTILINE)
_GENERATED = re.compile(r"^// Code generated .* DO NOT EDIT\.$")


def unformatted(tree: GoTree) -> str:
    return tree.run("gofmt", "-l", ".").strip()


def test_the_template_tree_builds_before_it_is_rendered(live: GoTree) -> None:
    assert unformatted(live) == ""
    live.run("go", "vet", "./...")


@pytest.mark.skipif(not FULL, reason="make templates does it: what is rendered of the tree is linted and tested here")
def test_the_template_tree_is_linted_and_tested_before_it_is_rendered(live: GoTree, golangci_lint: str) -> None:
    live.run(golangci_lint, "run", "./...")
    # The page of all settings is a template as well, which is what this one test compares.
    live.run("go", "test", *race(), "-shuffle=on", "-skip=^TestEverySettingIsDocumented$", "./...")


def test_the_platform_packages_are_a_module_of_their_own(go: str) -> None:
    assert unformatted(PLATFORM) == ""
    PLATFORM.run("go", "vet", "./...")


@pytest.mark.skipif(not FULL, reason="make templates does it: the sets that are tested hold all packages")
def test_each_platform_package_is_covered_by_its_own_tests(go: str, engines: dict[str, str]) -> None:
    output = PLATFORM.run("go", "test", *race(), "-shuffle=on", "-cover", "./...", **engines)
    covered = {name: float(percent) for name, percent in _COVERED.findall(output)}
    assert len(covered) > 40, output
    assert {name: percent for name, percent in covered.items() if percent < MINIMUM_COVERAGE} == {}


@pytest.mark.skipif(not FULL, reason="make templates does it: the packages are linted as a part of each render")
def test_golangci_lint_finds_nothing_in_the_platform_packages(golangci_lint: str) -> None:
    config = ROOT / "templates" / "go" / "base" / "files" / ".golangci.yml"
    PLATFORM.run(golangci_lint, "run", f"--config={config}", "./...")


def test_a_render_is_formatted_built_and_vetted(service: GoTree) -> None:
    assert unformatted(service) == ""
    service.run("go", "build", "./...")
    service.run("go", "vet", "./...")


def test_composed_go_mod_is_what_tidy_would_write(service: GoTree) -> None:
    service.run("go", "mod", "tidy", "-diff")
    service.run("go", "mod", "verify")


def test_a_render_passes_its_tests_with_the_coverage_it_demands(
    tested_service: GoTree, engines: dict[str, str]
) -> None:
    output = tested_service.run("sh", "scripts/coverage.sh", str(int(MINIMUM_COVERAGE)), **engines)
    percents = [float(found) for found in re.findall(r"(\d+(?:\.\d+)?)\s*%", output)]
    assert percents, output
    assert percents[-1] >= MINIMUM_COVERAGE


def test_a_render_passes_its_tests_with_nothing_but_go(tested_service: GoTree) -> None:
    assert "FAIL" not in tested_service.run("go", "test", "-shuffle=on", "./...")


def test_golangci_lint_finds_nothing(service: GoTree, golangci_lint: str) -> None:
    service.run(golangci_lint, "run", "./...")


def test_the_program_that_makes_load_is_a_module_of_its_own(service: GoTree, golangci_lint: str) -> None:
    load = GoTree(service.folder / "test" / "load")
    apis = {"rest", "grpc", "graphql"} & set(SETS[service.folder.name])
    assert (load.folder / "go.mod").exists() == bool(apis)
    if (load.folder / "go.mod").exists():
        load.run("go", "mod", "tidy", "-diff")
        load.run("go", "test", *race(), "./...")
        load.run(golangci_lint, "run", "./...")


def test_generated_code_is_reproduced_byte_for_byte(service: GoTree) -> None:
    before = _generated(service.folder)
    service.run("make", "generate")
    assert _generated(service.folder) == before


def test_hand_written_files_and_functions_stay_small(service: GoTree) -> None:
    long = [
        f"{path.relative_to(service.folder)}: {count}"
        for path in service.folder.rglob("*.go")
        if not _is_generated(path) and (count := _lines(path)) > 400
    ]
    assert long == []


def _generated(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*.go") if _is_generated(path)]
    return {str(path): path.read_bytes() for path in (*paths, folder / "docs" / "configuration.md")}


def _is_generated(path: Path) -> bool:
    """Tell whether a file says so, as Go's tools look for it."""
    return any(_GENERATED.match(line) for line in path.read_text(encoding="utf-8").splitlines()[:20])


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
