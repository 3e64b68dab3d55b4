"""Names that are hard on what is rendered: keywords, names of packages, the longest, digits and hyphens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.foundation.errors import InputError
from scaffolder import library as libraries
from scaffolder.library import Library
from scaffolder.rendering.service import render_with
from tests.templates.conftest import BLANK, GoTree, answers
from tests.templates.renders import documents
from tests.templates.sets import FULL, answers_for

LONGEST = "a" * 24 + "-1-" + "z" * 23
NAMES = ["func", "type", "go", "main", "app", "config", "http", "error", "nil", "test", "x1", "a1-b2-c3", "v2", LONGEST]
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and the values of labels
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


def render_named(name: str, into: Path, **more: Any) -> Path:
    return render_with(libraries.load(), BLANK, answers(**answers_for("all"), name=name, **more), into).directory


def manifests(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted((folder / "deployments" / "k8s").rglob("*.yaml")):
        for document in documents(path):
            if path.name not in {"kustomization.yaml", "config.yaml"}:
                yield path, document


def labels_of(value: Any) -> Iterator[str]:
    """Yield the values of all labels and selectors in a manifest."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"labels", "matchLabels"}:
                yield from map(str, inner.values())
            yield from labels_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from labels_of(inner)


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_named_after_the_service_may_have_that_name(name: str, tmp_path: Path) -> None:
    folder = render_named(name, tmp_path / "out")
    for path, document in manifests(folder):
        assert LABEL.fullmatch(document["metadata"]["name"]), f"{path.name}: {document['metadata']['name']}"
        assert all(VALUE.fullmatch(value) for value in labels_of(document)), path.name
        for port in re.findall(r"name: ([\w-]+)\n\s+containerPort", path.read_text(encoding="utf-8")):
            assert len(port) <= 15, path.name
    assert f"module example.com/{name}\n" in (folder / "go.mod").read_text(encoding="utf-8")
    (compose,) = documents(folder / "deployments" / "docker" / "compose.yaml")
    assert compose["name"] == name


def test_the_path_of_a_module_that_the_service_needs_is_refused(tmp_path: Path) -> None:
    for path in ("github.com/gin-gonic/gin", "github.com/jackc/pgx/v5"):
        with pytest.raises(InputError, match="which the service uses"):
            render_named("ledger", tmp_path / "out", modulePath=path)
        assert not (tmp_path / "out").exists()


@pytest.mark.go
@pytest.mark.skipif(not FULL, reason="make templates does it")
@pytest.mark.parametrize(
    ("name", "module"),
    [("type", "example.com/func/type"), ("main", "github.com/gin-gonic"), (LONGEST, f"example.com/{LONGEST}/v2")],
)
def test_services_with_hard_names_are_built(
    name: str, module: str, go: str, go_library: Library, stable: Path, tmp_path: Path
) -> None:
    tree = GoTree(render_named(name, tmp_path / "out", modulePath=module))
    assert tree.run("gofmt", "-l", ".").strip() == ""
    tree.run("go", "vet", "./...")
    tree.run("go", "mod", "tidy", "-diff")
    tree.run("go", "test", "./internal/config", "./internal/app", "./cmd/...")
