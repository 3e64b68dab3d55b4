"""Services with names that mean something in Go, YAML, Docker or Kubernetes, and with the longest name.

What the form refuses is in tests/scaffolder/library/test_naming.py. Here is what it lets through: a name is only ever
data, so two renders differ in the name and in nothing else, and whatever is made of it fits where it stands.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffolder import library as libraries
from scaffolder.library.naming import LONGEST_NAME
from scaffolder.rendering.service import render_with
from tests.scaffolder.library.test_naming import POSSIBLE_MODULES, REFUSED_BY_GO, REFUSED_BY_US
from tests.templates.conftest import GoTree
from tests.templates.renders import ANSWERS, BLANK, documents
from tests.templates.sets import FULL, answers_for

PLAIN = "qqref"
LONGEST = "payments-2-" + "x" * (LONGEST_NAME - 18) + "-ledger"
NAMES = ["func", "string", "main", "internal", "http", "null", "on", "a1-b2-c3", "s3proxy", LONGEST]
# How long an object's name, a label and a DNS name may be in Kubernetes, the catalog and OpenSLO (RFC 1123).
LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
IMAGE = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
GRAFANA_UID = 40
POSTGRES_IDENTIFIER = 63


def made(into: Path, name: str, capabilities: str = "all", **more: Any) -> Path:
    """Render a service of this name and return its folder."""
    answers = {**ANSWERS, **answers_for(capabilities), "name": name, **more}
    return render_with(libraries.load(), BLANK, answers, into).directory


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service whose name means nothing anywhere."""
    return made(tmp_path_factory.mktemp("plain") / "out", PLAIN)


@pytest.fixture(scope="module", params=NAMES)
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A service with a name that means something, or the longest one."""
    name: str = request.param
    return name, made(tmp_path_factory.mktemp("odd") / "out", name)


def renamed(value: Any, name: str) -> Any:
    """Return text, or a document, of the plain service as it is for a service called `name`."""
    if isinstance(value, str):
        return value.replace(PLAIN, name).replace(PLAIN.capitalize(), title(name))
    if isinstance(value, dict):
        return {renamed(key, name): renamed(item, name) for key, item in value.items()}
    return [renamed(item, name) for item in value] if isinstance(value, list) else value


def title(name: str) -> str:
    """Return the name as people read it."""
    return " ".join(word.capitalize() for word in name.split("-"))


def texts(folder: Path) -> dict[str, str]:
    """Return the files by path, without the lock, which holds digests, and the address that Grafana keeps short."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {
        path: re.sub(r'^  "uid": .*\n', "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for path, file in found.items()
        if not path.startswith(".goldpath/")
    }


def test_a_name_changes_nothing_but_the_name(plain: Path, odd: tuple[str, Path]) -> None:
    name, folder = odd
    assert texts(folder) == {path: renamed(text, name) for path, text in texts(plain).items()}


def test_a_name_is_text_wherever_it_stands_in_yaml(plain: Path, odd: tuple[str, Path]) -> None:
    name, folder = odd
    for path in plain.rglob("*.y*ml"):
        assert documents(folder / path.relative_to(plain)) == renamed(documents(path), name), path


def test_names_of_objects_and_labels_fit(odd: tuple[str, Path]) -> None:
    _, folder = odd
    places = [*folder.glob("deployments/k8s/**/*.yaml"), folder / "catalog-info.yaml", folder / "docs" / "slo.yaml"]
    found = [(path.name, name) for path in places for each in documents(path) for name in names_in(each)]
    assert len(found) > 60
    assert [(path, name) for path, name in found if not isinstance(name, str) or not LABEL.fullmatch(name)] == []


def names_in(node: Any) -> Iterator[Any]:
    """Yield the names of objects and of what they refer to, and the labels that are made of the service's name."""
    if isinstance(node, list):
        for item in node:
            yield from names_in(item)
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"name", "secretName", "serviceAccountName", "app.kubernetes.io/name"} and _is_name(node, value):
                yield value
            yield from names_in(value)


def _is_name(node: dict[str, Any], value: Any) -> bool:
    """Tell names from those of variables, and from references to objects of others."""
    is_variable = isinstance(value, str) and value.isupper()
    return not isinstance(value, dict) and not is_variable and "type" not in node and "averageUtilization" not in node


def test_the_image_has_a_name_that_docker_takes(odd: tuple[str, Path]) -> None:
    name, folder = odd
    (deployment,) = documents(folder / "deployments/k8s/base/deployment.yaml")
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == f"{name}:v0.1.0"
    assert IMAGE.fullmatch(image)
    assert f"IMAGE ?= {name}:$(VERSION)\n" in (folder / "Makefile").read_text(encoding="utf-8")
    (compose,) = documents(folder / "deployments/docker/compose.yaml")
    assert compose["name"] == name


def test_grafana_takes_the_dashboard(odd: tuple[str, Path]) -> None:
    name, folder = odd
    path = folder / "deployments/k8s/components/monitoring/dashboard.json"
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    assert dashboard.get("uid") == (name if len(name) <= GRAFANA_UID else None)
    assert dashboard["title"] == name


def test_postgresql_does_not_cut_the_names_of_connections(odd: tuple[str, Path]) -> None:
    name, folder = odd
    code = "".join(path.read_text(encoding="utf-8") for path in (folder / "internal").rglob("*.go"))
    suffixes = re.findall(r'cfg\.Service\.Name ?\+ ?"([^"]+)"', code)
    assert set(suffixes) == {"-migrate", "-rotate-keys"}
    assert all(len(name + suffix) <= POSTGRES_IDENTIFIER for suffix in suffixes)


@pytest.mark.parametrize("path", ["example.com/internal/x", "gopkg.in/acme/ledger.v2", "example.com/x_y/Ledger~a/v2"])
def test_a_module_path_stands_in_every_import(tmp_path: Path, path: str) -> None:
    folder = made(tmp_path / "out", "ledger", customModulePath=True, modulePath=path)
    code = {file: file.read_text(encoding="utf-8") for file in folder.rglob("*.go")}
    assert (folder / "go.mod").read_text(encoding="utf-8").startswith(f"module {path}\n")
    assert f'"{path}/internal/app"' in code[folder / "cmd" / "server" / "main.go"]
    assert [file for file, text in code.items() if "goldpath.local" in text or "example.com/ledger" in text] == []


@pytest.mark.go
def test_the_rules_for_module_paths_are_those_of_go(go: str, tmp_path: Path) -> None:
    expected = {path: True for path in POSSIBLE_MODULES} | {path: False for path, _ in REFUSED_BY_GO if path}
    assert {path: _is_module(tmp_path / str(number), path) for number, path in enumerate(expected)} == expected
    assert not {path for path, _ in REFUSED_BY_US} & expected.keys()


def _is_module(folder: Path, path: str) -> bool:
    folder.mkdir()
    return GoTree(folder).attempt("go", "mod", "init", "--", path)[0] == 0


@pytest.mark.go
@pytest.mark.parametrize(("name", "capabilities"), [("func", "all"), (LONGEST, "all")] if FULL else [("func", "grpc")])
def test_a_service_with_an_odd_name_is_built_vetted_and_tested(
    go: str, stable: Path, name: str, capabilities: str
) -> None:
    folder = stable / f"named-{name}-{capabilities}"
    shutil.rmtree(folder, ignore_errors=True)
    tree = GoTree(made(folder, name, capabilities))
    assert tree.run("gofmt", "-l", ".").strip() == ""
    tree.run("go", "build", "./...")
    tree.run("go", "vet", "./...")
    tree.run("go", "test", "./internal/config/...", "./cmd/...")
