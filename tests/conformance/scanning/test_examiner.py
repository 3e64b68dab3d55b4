"""The examiner: what hangs, crashes or fails costs its own unit of work, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import parsers
from conformance.scanning import examiner
from conformance.scanning.examiner import Content
from tests.conformance.scanning import hostile_server

SUBJECT: dict[str, Any] = {
    "files": {"a": ["0" * 40, "100644", 1]},
    "facts": {},
    "drift": [],
    "lock": {},
    "entity": {},
    "teams": [],
    "forge": {},
    "codeownersOrg": "",
    "omitted": {},
}


@pytest.fixture(autouse=True)
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run the hostile examiner; its checks may take half a second."""
    examiner.stop()
    monkeypatch.setattr(examiner, "SERVER", "tests.conformance.scanning.hostile_server")
    monkeypatch.setattr(examiner, "CHECK_SECONDS", 0.5)
    monkeypatch.setattr(parsers, "registry", hostile_server.parser_registry)
    yield
    examiner.stop()


def parse(*names: str) -> list[dict[str, Any]]:
    return examiner.parse([Content(name, "file", name, b"12345") for name in names])


def test_facts_come_back_in_order() -> None:
    answers = examiner.parse([Content("size", "f", str(size), b"x" * size) for size in (3, 1, 2)])
    assert answers == [{"facts": {"size": size}} for size in (3, 1, 2)]


def test_what_is_wrong_with_a_file_is_a_fact_and_a_missing_tool_is_none() -> None:
    refused, lacking = parse("refuse", "lack")
    assert refused == {"facts": {"error": "this is not right", "line": 3}}
    assert lacking == {"missing": "Tool missing: oracle is not installed"}


@pytest.mark.parametrize("bad", ["hang", "crash", "raise"])
def test_one_bad_file_costs_only_its_own_facts(bad: str) -> None:
    answers = parse("size", bad, "size", bad, "size")
    good = {"facts": {"size": 5}}
    assert [answers[0], answers[2], answers[4]] == [good] * 3
    assert all("failed" in answer for answer in (answers[1], answers[3]))


def test_endless_recursion_is_an_error_of_the_file() -> None:
    assert parse("deep")[0] == {"facts": {"error": "It is nested too deeply to be read."}}


def test_a_check_that_hangs_or_crashes_is_an_error_and_the_others_are_judged() -> None:
    found = examiner.judge(SUBJECT, list(hostile_server.check_registry()), lambda keys: [{} for _ in keys])
    verdicts = {check: result["verdict"] for check, result in found.items()}
    assert verdicts == {
        "fine": "pass",
        "hang": "error",
        "also-fine": "pass",
        "crash": "error",
        "raise": "error",
        "last-fine": "pass",
    }
    assert "was stopped" in found["hang"]["message"]


def test_an_examiner_that_is_killed_between_two_questions_is_replaced() -> None:
    parse("size")
    (idle,) = examiner._idle
    os.killpg(idle.process.pid, signal.SIGKILL)
    assert parse("size") == [{"facts": {"size": 5}}]


def test_an_idle_examiner_is_used_again() -> None:
    parse("size")
    (first,) = examiner._idle
    parse("size")
    assert [each.process.pid for each in examiner._idle] == [first.process.pid]


def test_large_requests_are_split() -> None:
    content = b"x" * (examiner.MOST_BYTES // 2 + 1)
    answers = examiner.parse([Content("size", "f", "k", content) for _ in range(3)])
    assert [answer["facts"]["size"] for answer in answers] == [len(content)] * 3


def judged(*keys: str) -> list[str]:
    """Judge a subject with these facts; return those that had to be handed over."""
    asked: list[str] = []

    def load(lacking: list[examiner.FactKey]) -> list[Any]:
        asked.extend(key for _, key in lacking)
        return [{} for _ in lacking]

    examiner.judge({**SUBJECT, "facts": {"size": {key: key for key in keys}}}, ["fine"], load)
    return asked


def test_facts_are_handed_over_once_and_those_not_used_for_longest_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examiner, "MOST_KNOWN", 3)
    assert judged("shared", "one") == ["shared", "one"]
    assert judged("shared", "two", "three") == ["two", "three"]
    assert judged("shared", "one") == ["one"]
    assert judged("shared", "three") == []
    assert judged("a", "b", "c", "d") == ["a", "b", "c", "d"]
    assert judged("a", "b", "c", "d") == []


def test_what_could_not_be_parsed_is_known_too() -> None:
    parse("lack", "raise")
    keys = {"lack": {"f": "lack"}, "raise": {"f": "raise"}}
    found = examiner.judge({**SUBJECT, "facts": keys}, ["fine"], lambda lacking: [{} for _ in lacking])
    assert found["fine"]["verdict"] == "pass"
    assert len(examiner._idle) == 1


def test_the_folder_of_an_examiner_goes_with_it() -> None:
    parse("size")
    (idle,) = examiner._idle
    assert idle.folder.is_dir()
    examiner.stop()
    assert not idle.folder.exists()


def test_folders_of_owners_that_were_killed_are_swept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    ended = subprocess.Popen(["true"])
    ended.wait()
    for name in (f"{ended.pid}-a/goldpath-judge-b", f"{os.getpid()}-a", "1-a", "other"):
        (place / f"{examiner.FOLDER}{name}").mkdir(parents=True)
    assert examiner.sweep() == 1
    left = {path.name.removeprefix(examiner.FOLDER) for path in place.iterdir()}
    assert left == {f"{os.getpid()}-a", "1-a", "other"}
