"""What checks keep between questions, and that parsers read whatever checks ask for."""

from __future__ import annotations

import pytest

from conformance.checks import _kept, architecture_decisions, runbook
from conformance.checks._gocode import code
from conformance.checks._places import COMMUNITY
from conformance.parsers.markdown import PARSER
from tests.conformance.subjects import subject


def test_what_follows_from_shared_facts_is_worked_out_once() -> None:
    asked: list[int] = []

    @_kept.shared
    def count(facts: list[int]) -> int:
        asked.append(len(facts))
        return len(facts)

    one, two = [1], [1, 2]
    assert [count(one), count(two), count(one), count(two)] == [1, 2, 1, 2]
    assert asked == [1, 2]


def test_equal_facts_are_not_taken_for_the_same() -> None:
    @_kept.shared
    def identity(facts: list[int]) -> int:
        return id(facts)

    one, same = [1], [1]
    assert identity(one) != identity(same)


def test_what_was_not_asked_about_for_longest_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(_kept, "MOST_KEPT", 2)

    @_kept.shared
    def name(facts: list[str]) -> str:
        asked.append(facts[0])
        return facts[0]

    a, b, c = ["a"], ["b"], ["c"]
    for facts in (a, b, a, c, a, b):
        name(facts)
    assert asked == ["a", "b", "c", "b"]


def test_a_go_file_of_two_services_is_one_object_as_long_as_its_facts_are() -> None:
    first, other = subject({"a.go": "package a\n"}), subject({"a.go": "package a\n"})
    shared = {"gosource": {"a.go": first.fact("gosource", "a.go")}}
    again = type(first)(files=first.files, facts=shared)
    assert code(first)[0] is code(again)[0]
    assert code(first)[0] is not code(other)[0]


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        *(f"{folder}{name}" for folder in COMMUNITY for name in ("SECURITY.md", "CONTRIBUTING.md", "security.md")),
        *(f"{folder}{name}" for folder in runbook.FOLDERS for name in ("runbook.md", "RUNBOOK.md")),
        *(pattern.replace("*", "0001-use-go") for pattern in architecture_decisions.FOLDERS),
    ],
)
def test_the_markdown_that_checks_ask_for_is_read(path: str) -> None:
    assert PARSER.wants(path)


@pytest.mark.parametrize(
    "path", ["docs/api.md", "pkg/README.md", "docs/adr/old/0001.md", "runbook.txt", "x/SECURITY.md"]
)
def test_other_markdown_is_not_read(path: str) -> None:
    assert not PARSER.wants(path)
