"""What is known of contents: parsed once, and what failed is not tried again at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import pytest

from conformance.scanning import examiner, facts
from scaffolder.git import ObjectReader, TreeFile

CONTENT = {"1" * 40: b"FROM scratch\n", "2" * 40: b"# Runbook\n"}
FILES = {"Dockerfile": TreeFile("1" * 40, "100644"), "docs/runbook.md": TreeFile("2" * 40, "100644")}
BAD = "dockerfile"
pytestmark = pytest.mark.django_db


class Reader:
    """Reads two blobs."""

    def sizes(self, ids: Sequence[str]) -> dict[str, int]:
        return {each: len(CONTENT[each]) for each in ids}

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((each, CONTENT[each]) for each in ids)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which parsers are asked; the one for Dockerfiles takes too long each time."""
    names: list[str] = []

    def parse(contents: Sequence[examiner.Content], beat: examiner.Beat) -> list[dict[str, Any]]:
        names.extend(each.parser for each in contents)
        return [{"failed": "It took too long."} if each.parser == BAD else {"facts": {}} for each in contents]

    monkeypatch.setattr(examiner, "parse", parse)
    monkeypatch.setattr(facts, "_failures", facts._Failures())
    return names


def gather() -> facts.Gathered:
    return facts.gather(FILES, cast("ObjectReader", Reader()), lambda: None)


def test_a_content_is_parsed_once_unless_that_failed(asked: list[str]) -> None:
    gather()
    assert {BAD, "markdown", "secrets", "hadolint"} <= set(asked)
    asked.clear()
    gather()
    assert asked == [BAD]


def test_what_failed_twice_is_told_again_without_a_new_attempt(asked: list[str]) -> None:
    key = BAD, "1" * 40
    for attempts in (1, 2, 2):
        assert gather().load([key]) == [{"error": "It took too long."}]
        assert asked.count(BAD) == attempts


def test_what_failed_is_tried_again_after_a_while(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "FAILURE_SECONDS", 0.0)
    for _ in range(4):
        gather()
    assert asked.count(BAD) == 4


def test_failures_that_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MOST_FAILURES", 2)
    failures = facts._Failures()
    for key in ("a", "a", "b", "b", "c", "c"):
        failures.note(("yaml", key), {"error": key})
    assert failures.of([("yaml", key) for key in "abc"]) == {
        ("yaml", "b"): {"error": "b"},
        ("yaml", "c"): {"error": "c"},
    }
