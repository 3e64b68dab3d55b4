"""kill -9 of the real worker and of the real web process, at each step of a run.

Afterwards the run ends right: one repository with the right tree, one registration, and no trace of a second attempt.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.stack import Stack, eventually

pytestmark = [pytest.mark.e2e]

ACTIONS = ("goldpath:render", "goldpath:verify", "publish:local", "goldpath:protect", "catalog:register")
POINTS = [f"{moment} {action}" for action in ACTIONS for moment in ("before", "after")] + ["intended repository"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("home"), settings="tests.processes.settings").prepare()
    made.start("web")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    return stack.token("alice")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def assert_ended_right(stack: Stack, token: str, name: str, run: str) -> None:
    task = stack.wait_for_end(token, run)
    assert task["status"] == "completed", stack.get(f"/api/scaffolder/v2/tasks/{run}/events", token).body
    refs = git("ls-remote", f"{stack.url}/git/default/{name}.git").split()
    commits = dict(zip(refs[1::2], refs[::2], strict=True))
    assert commits["refs/heads/main"] == commits["refs/goldpath/render"] == commits["HEAD"]
    assert list((stack.home / "git").rglob(f"{name}*.git")) != []
    assert len(list((stack.home / "git").rglob(f"*{name}*"))) == 1
    found = stack.get(f"/api/catalog/entities/by-query?filter=kind=component,metadata.name={name}", token).body
    assert [item["metadata"]["name"] for item in found["items"]] == [name]
    events = stack.get(f"/api/scaffolder/v2/tasks/{run}/events", token).body
    completions = [event for event in events if event["type"] == "completion"]
    assert len(completions) == 1


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_loses_nothing(stack: Stack, token: str, point: str) -> None:
    name = "killed-" + "-".join(point.replace(":", "-").split())
    marker = stack.home / "paused"
    marker.unlink(missing_ok=True)
    stack.start("worker", GOLDPATH_TEST_PAUSE_AT=point)
    run = stack.create(token, name).body["id"]
    eventually(marker.exists, f"the worker never came to {point}")
    stack.kill("worker")
    stack.start("worker")
    try:
        assert_ended_right(stack, token, name, run)
    finally:
        stack.kill("worker")


def test_two_services_rendered_with_the_same_answers_differ_in_nothing_but_their_name(stack: Stack, token: str) -> None:
    stack.start("worker")
    try:
        runs = {name: stack.create(token, name).body["id"] for name in ("twin-a", "twin-b")}
        for name, run in runs.items():
            assert_ended_right(stack, token, name, run)
    finally:
        stack.kill("worker")
    listing = {
        name: git("-C", str(next((stack.home / "git").rglob(f"{name}.git"))), "ls-tree", "-r", "main") for name in runs
    }
    paths = {name: [line.split("\t")[1] for line in text.splitlines()] for name, text in listing.items()}
    assert paths["twin-a"] == paths["twin-b"]


def test_a_killed_web_process_loses_no_accepted_run(stack: Stack, token: str) -> None:
    stack.start("worker")
    try:
        runs = {name: stack.create(token, name).body["id"] for name in ("web-killed-a", "web-killed-b")}
        stack.kill("web")
        stack.start("web")
        for name, run in runs.items():
            assert_ended_right(stack, token, name, run)
    finally:
        stack.kill("worker")


def test_a_request_repeated_after_a_kill_makes_one_service(stack: Stack, token: str, tmp_path: Path) -> None:
    values = {
        "name": "asked-twice",
        "description": "Asked twice",
        "owner": "group:default/payments",
        "lifecycle": "experimental",
    }
    body = {"templateRef": "template:default/go-blank-service", "values": values}
    first = stack.post("/api/scaffolder/v2/tasks", token, body, Idempotency_Key="one")
    stack.kill("web")
    stack.start("web", "worker")
    try:
        second = stack.post("/api/scaffolder/v2/tasks", token, body, Idempotency_Key="one")
        assert (first.status, second.status) == (201, 201)
        assert first.body == second.body
        assert_ended_right(stack, token, "asked-twice", first.body["id"])
    finally:
        stack.kill("worker")
