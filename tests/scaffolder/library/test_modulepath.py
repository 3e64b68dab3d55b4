"""Paths of Go modules: what golang.org/x/mod/module.CheckPath takes, and what cannot be built all the same."""

from __future__ import annotations

import pytest

from scaffolder.library.modulepath import is_module_path
from scaffolder.parameters.schema import fits


@pytest.mark.parametrize(
    "path",
    [
        "example.com/ledger",
        "github.com/acme/Ledger/v2",
        "example.com/x/v10",
        "a.b/c",
        "example.com/internal/x",
        "example.com/func/type",
        "example.com/console/auxiliary",
        "example.com/a_b/c~d/e.f",
        "gopkg.in/yaml.v3",
        "gopkg.in/acme/yaml.v0",
    ],
)
def test_paths_that_go_takes(path: str) -> None:
    assert is_module_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "ledger",
        "example.com",
        "net/http",
        "Example.com/x",
        "-example.com/x",
        "example.com/",
        "example.com//x",
        "example.com/.x",
        "example.com/x.",
        "example.com/../x",
        "example.com/x y",
        "example.com/ä",
        "example.com/x@v1",
        "example.com/vendor/x",
        "example.com/vendor",
        "example.com/con",
        "example.com/CON.txt/x",
        "example.com/aux/x",
        "example.com/lpt9",
        "example.com/short~1",
        "example.com/short~12.go/x",
        "example.com/x/v0",
        "example.com/x/v1",
        "example.com/x/v01",
        "example.com/x/v1.2",
        "gopkg.in/yaml",
        "gopkg.in/yaml.v03",
        "example.com/x\n",
    ],
)
def test_paths_that_cannot_be_built(path: str) -> None:
    assert not is_module_path(path)


def test_the_form_asks_for_such_paths() -> None:
    schema = {"type": "string", "format": "go-module-path"}
    assert fits(schema, "example.com/ledger")
    assert not fits(schema, "example.com/vendor/ledger")
    assert fits({"format": "go-module-path"}, 7)
