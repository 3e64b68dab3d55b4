"""What the real library renders, looked at without Go: parsed, counted, and compared byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffolder import library as libraries
from scaffolder.rendering import Render
from scaffolder.rendering.service import render_with

BLANK = "template:default/go-blank-service"
FOLDERS = [
    "cmd/server",
    "internal/config",
    "internal/domain",
    "internal/handlers",
    "internal/repositories",
    "internal/services",
    "internal/app",
    "internal/middleware",
    "pkg",
    "api/rest",
    "api/proto",
    "api/graphql",
    "deployments/docker",
    "deployments/k8s",
    "test",
    "docs",
    "scripts",
    "tools",
    ".github/workflows",
]


def rendered(into: Path, **answers: Any) -> Render:
    base = {"name": "ledger", "description": "Keeps the books", "owner": "group:default/payments"}
    values = {**base, "lifecycle": "experimental", "logger": "logrus", "rest": True, "postgres": True, **answers}
    return render_with(libraries.load(), BLANK, values, into)


def documents(folder: Path) -> list[tuple[str, Any]]:
    paths = [path for ending in ("*.yaml", "*.yml") for path in sorted(folder.rglob(ending))]
    return [(str(path.relative_to(folder)), document) for path in paths for document in yaml.safe_load_all(path.open())]


@pytest.mark.parametrize("postgres", [True, False])
def test_the_same_values_give_the_same_bytes(tmp_path: Path, postgres: bool) -> None:
    first, second = (rendered(tmp_path / name, postgres=postgres) for name in ("a", "b"))
    assert first.digest == second.digest
    assert first.files == second.files


@pytest.mark.parametrize("name", ["true", "null", "on", "yes"])
def test_a_name_that_yaml_would_read_as_something_else_stays_a_name(tmp_path: Path, name: str) -> None:
    render = rendered(tmp_path / "out", name=name, system=name)
    found = dict(documents(render.directory))
    component = next(iter(yaml.safe_load_all((render.directory / "catalog-info.yaml").read_text(encoding="utf-8"))))
    assert component["metadata"]["name"] == name
    assert component["spec"]["system"] == name
    named = [item["metadata"]["name"] for item in found.values() if isinstance(item, dict) and "metadata" in item]
    assert all(isinstance(item, str) for item in named)


def test_the_lock_names_every_file_with_hash_and_owner(tmp_path: Path) -> None:
    render = rendered(tmp_path / "out")
    lock = json.loads((render.directory / ".goldpath" / "lock.json").read_text(encoding="utf-8"))
    listed = set(lock["files"])
    assert listed == {file.path for file in render.files} - {".goldpath/lock.json"}
    assert {entry["class"] for entry in lock["files"].values()} == {"platform", "generated", "team"}
    assert lock["files"][".github/workflows/ci.yml"]["guard"] is True
    assert lock["answers"]["owner"] == "group:default/payments"


def test_the_tree_is_the_one_that_the_teams_know(tmp_path: Path) -> None:
    paths = {file.path for file in rendered(tmp_path / "out").files}
    missing = [folder for folder in FOLDERS if not any(path.startswith(f"{folder}/") for path in paths)]
    assert missing == []


def test_template_syntax_in_a_value_stays_text(tmp_path: Path) -> None:
    description = "[[= 7*7 ]] {{ 7*7 }} <%% if x %%> ${{ secrets.X }} //% raise"
    render = rendered(tmp_path / "out", description=description)
    catalog = yaml.safe_load_all((render.directory / "catalog-info.yaml").read_text(encoding="utf-8"))
    assert next(iter(catalog))["metadata"]["description"] == description
