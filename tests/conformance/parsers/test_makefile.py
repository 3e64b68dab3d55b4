"""Makefiles: targets, needs, recipes and variables, as written."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.examining.parser import ParseError
from conformance.parsers import makefile


def parse(text: str) -> Any:
    return makefile.parse("Makefile", text.encode())


def targets(text: str) -> dict[str, Any]:
    return {each["name"]: each for each in parse(text)["targets"]}


def test_a_target_has_its_needs_its_recipe_and_their_lines() -> None:
    found = targets(
        "# comment\nbuild: a b | c ## Build it\n\tgo build \\\n\t\t-trimpath ./...\n\n\t@echo done # here\n"
    )
    assert found["build"] == {
        "name": "build",
        "line": 2,
        "needs": ["a", "b", "c"],
        "recipe": [{"text": "go build -trimpath ./...", "line": 3}, {"text": "@echo done # here", "line": 6}],
    }


def test_rules_of_one_target_are_one_target_where_its_recipe_is() -> None:
    found = targets(".PHONY: test\ntest: deps\ntest:\n\tgo test ./...\ntest: more\n.PHONY: lint\n")
    assert found["test"]["needs"] == ["deps", "more"]
    assert found["test"]["line"] == 3
    assert [each["text"] for each in found["test"]["recipe"]] == ["go test ./..."]
    assert found[".PHONY"]["needs"] == ["test", "lint"]


@pytest.mark.parametrize(
    ("text", "names", "needs"),
    [
        ("a b: c\n", ["a", "b"], ["c"]),
        ("a:: b\n", ["a"], ["b"]),
        ("a &: b\n", ["a"], ["b"]),
        ("%.o: %.c\n", ["%.o"], ["%.c"]),
        ("x.o: %.o: %.c\n", ["x.o"], ["%.c"]),
        ("$(BIN)/x: $(wildcard *.go) y\n", ["$(BIN)/x"], ["$(wildcard *.go)", "y"]),
        ("a: CFLAGS := -O2\n", ["a"], []),
        ("a: b; echo hi\n", ["a"], ["b"]),
        ("a: \\\n  b \\\n  c\n", ["a"], ["b", "c"]),
    ],
)
def test_forms_of_rules(text: str, names: list[str], needs: list[str]) -> None:
    found = targets(text)
    assert list(found) == names
    assert all(each["needs"] == needs for each in found.values())


def test_variables_are_as_written() -> None:
    found = parse(
        "A = 1 # one\nB := $(shell x)\nA += 2\nC ?= c\nC ?= d\nexport D=e\nE ::= f\nF !=g\noverride G = \\\n  h\n"
    )
    assert {name: each["value"] for name, each in found["variables"].items()} == {
        "A": "1 2", "B": "$(shell x)", "C": "c", "D": "e", "E": "f", "F": "g", "G": "h",
    }  # fmt: skip
    assert found["variables"]["C"]["line"] == 4
    assert found["targets"] == []


def test_what_is_neither_rule_nor_variable_is_passed_over() -> None:
    text = (
        "include a.mk\n-include b.mk\nifeq ($(X),1)\nA = 1\nelse ifdef Y\nA = 2\nendif\n"
        "define BODY\nnot a rule\n\ttext\nendef\n"
        "$(info hello)\n$(eval $(call BODY))\nexport\nunexport A\nvpath %.c src\na:\n\ttrue\nendif\n"
    )
    found = parse(text)
    assert [each["name"] for each in found["targets"]] == ["a"]
    assert found["variables"]["A"]["value"] == "2"


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("hello world\n", "separator", 1),
        ("\techo before any target\n", "separator", 1),
        ("a:\n    spaces not a tab\n", "separator", 2),
        ("define X\nbody\n", "A define is not ended by endef.", 1),
    ],
)
def test_what_make_would_refuse_is_refused_with_its_line(text: str, words: str, line: int) -> None:
    with pytest.raises(ParseError, match=words) as caught:
        parse(text)
    assert caught.value.line == line


def test_the_rendered_makefile_is_read(rendered: dict[str, bytes]) -> None:
    found = targets(rendered["Makefile"].decode())
    assert {"help", "run", "test", "race", "cover", "lint", "build", "vuln"} <= set(found)
    assert any("go test" in each["text"] for each in found["race"]["recipe"])
    assert set(found[".PHONY"]["needs"]) >= {"test", "lint"}
