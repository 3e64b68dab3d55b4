"""The lint of a library: one test per trap that was measured, and per wall."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from django.conf import settings as django_settings

from scaffolder.library import LibraryError, lint, load
from tests.scaffolder.fixture_library import FILES, layer, template, write_library

GO = "base/files/internal/x.go"
ON = 'cookiecutter.postgres == "yes"'


def problems_of(tmp_path: Path, changes: dict[str, str | None]) -> list[str]:
    return [str(problem) for problem in lint(write_library(tmp_path / "library", changes))]


def test_fixture_library_is_clean(tmp_path: Path) -> None:
    assert problems_of(tmp_path, {}) == []


def test_goldpaths_own_library_is_clean() -> None:
    assert [str(problem) for problem in lint(Path(django_settings.GOLDPATH_TEMPLATES) / "go")] == []


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (GO, "package x\n\n// % if cookiecutter.postgres\n", f"{GO}:3: gofmt broke this marker"),
        (GO, f"package x\n\n//% if {ON}\nfunc f() {{}}\n\n//% endif\n", ":3: leave a blank line"),
        (
            GO,
            f"package x\n\nfunc f() {{\n\t//% if {ON}\n\ta()\n\t//% else\n\tb()\n\t//% endif\n}}\n",

            ":6: no else in Go",
        ),
        (
            GO,
            'package x\n\nimport (\n\t//% if cookiecutter.postgres == "yes"\n\t"x"\n\t//% endif\n)\n',
            ":4: no conditional import",
        ),
        (GO, "package x\n//% if\n", "Expected an expression"),
        (GO, "package x // [[= cookiecutter.nmae ]]\n", "cookiecutter.nmae is not in the context"),
        (GO, "package x // [[= name ]]\n", "name is not defined"),
        (GO, "package x // [[= uuid4() ]]\n", "uuid4 is not defined"),
        (GO, "package x", "does not end with a newline"),
        (GO, "package x\r\n", "carriage returns"),
        ("base/files/a.md", "<%% include 'b' %%>\n", "files do not include each other"),
        ("base/files/a.md", "<%% import 'b' as b %%>\n", "files do not include each other"),
        ("base/files/a.md", "<%% extends 'b' %%>\n", "files do not include each other"),
        ("base/files/api/x.gen.go", 'package x\n\n// "goldpath.local/service" [[= y ]]\n', "copied verbatim and names"),
        ("platform/pkg/greet/x.go", "package greet // [[= cookiecutter.name ]]\n", "platform packages are plain Go"),
        ("base/files/[[= cookiecutter.name ]].go", "package x\n", "names of files are fixed"),
        ("base/files/.gitmodules", "x\n", "how git behaves"),
        ("base/files/sub/.git/config", "x\n", "how git behaves"),
        ("base/files/hooks/pre_gen_project.py", "x\n", "hooks never run"),
        ("base/cookiecutter.json", '{"_extensions": ["os"]}\n', "settings are the renderer's"),
        ("capabilities/postgres/files/README.md", "x\n", "writes README.md, which base writes too"),
        ("base/manifest.yaml", layer("base", packages=["absent"]), "platform/pkg/absent: a layer or package needs it"),
        ("base/manifest.yaml", layer("other"), "metadata.name must be base"),
        ("base/manifest.yaml", layer("base", surprise=[]), "Additional properties"),
        ("base/manifest.yaml", "a: [\n", "is not YAML"),
        ("base/manifest.yaml", None, "base/manifest.yaml: is missing"),
        ("services/tiny/template.yaml", None, "template.yaml: is missing"),
        ("services/tiny/template.yaml", yaml.safe_dump({**template(), "kind": "X"}), "'Template' was expected"),
        ("library.yaml", None, "library.yaml: is missing"),
        ("library.yaml", FILES["library.yaml"].replace("0.1.0", "newest"), "does not match"),
        ("library.yaml", FILES["library.yaml"].replace("capabilities:\n  - postgres", "capabilities: []"), "must name"),
        ("services/tiny/files/catalog-info.yaml", None, "catalog-info.yaml is missing"),
        ("gomod/postgres.mod", None, "no fragment names postgres"),
        ("gomod/redis.mod", "module x\n", "redis.mod: there is no capability called redis"),
        ("services/tiny/when/redis+no-postgres/x.txt", "x\n", "there is no capability called redis"),
        ("gomod/base.sum", None, "base.sum: is missing"),
        ("gomod/base.mod", "module x\n\nrequire example.com/unknown v1.0.0\n", "must require example.com/unknown"),
        ("gomod/base.mod", "module x\n\nreplace a => b\n", "base.mod:3: cannot be composed: replace a => b"),
    ],
)  # fmt: skip
def test_each_fault_is_found_at_its_place(tmp_path: Path, path: str, text: str | None, expected: str) -> None:
    found = problems_of(tmp_path, {path: text})
    assert any(expected in problem for problem in found), found


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    found = problems_of(tmp_path, {GO: "package x", "base/files/a.md": "<%% if %%>\n", "base/files/.gitmodules": "x\n"})
    assert len(found) == 3


@pytest.mark.parametrize("target", ["/etc/passwd", "README.md"])
def test_symlink_is_refused(tmp_path: Path, target: str) -> None:
    root = write_library(tmp_path / "library")
    (root / "base/files/link").symlink_to(target)
    assert [str(problem) for problem in lint(root)] == [
        "base/files/link: is a link; links are not allowed in a library"
    ]  # fmt: skip


def test_special_file_is_refused(tmp_path: Path) -> None:
    root = write_library(tmp_path / "library")
    os.mkfifo(root / "base/files/pipe")
    assert "neither a file nor a folder" in str(lint(root)[0])


def test_huge_and_undecodable_files_are_refused(tmp_path: Path) -> None:
    root = write_library(tmp_path / "library")
    (root / "base/files/huge.txt").write_text("x" * 3_000_000 + "\n", encoding="utf-8")
    (root / "base/files/latin.txt").write_bytes(b"gr\xfc\xdfe\n")
    found = [str(problem) for problem in lint(root)]
    assert any("huge.txt: is larger than 2 MB" in problem for problem in found)
    assert any("latin.txt: is not UTF-8" in problem for problem in found)


def test_loading_a_broken_library_tells_everything(tmp_path: Path) -> None:
    root = write_library(tmp_path / "library", {"base/manifest.yaml": None, "services/tiny/template.yaml": None})
    with pytest.raises(LibraryError) as refused:
        load(root)
    assert len(refused.value.problems) == 2


def test_declared_override_is_no_fault(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "capabilities/postgres/files/README.md": "# PostgreSQL\n",
        "capabilities/postgres/manifest.yaml": layer(
            "capabilities/postgres", packages=["postgres"], overrides=["README.md"]
        ),
    }
    assert problems_of(tmp_path, changes) == []
