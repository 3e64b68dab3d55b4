"""kill -9 of the real worker and of the real web process, at each step of a run.

Afterwards the run ends right: one repository with the right tree, one registration, and no trace of a second attempt.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.processes.conftest import git
from tests.processes.stack import Stack, eventually

pytestmark = [pytest.mark.e2e]

ACTIONS = ("goldpath:render", "goldpath:verify", "publish:local", "goldpath:protect", "catalog:register")
POINTS = [f"{moment} {action}" for action in ACTIONS for moment in ("before", "after")] + [
    "intended repository",
    "intended protection",
]


def assert_ended_right(stack: Stack, token: str, name: str, run: str) -> None:
    task = stack.wait_for_end(token, run)
    assert task["status"] == "completed", stack.get(f"/api/scaffolder/v2/tasks/{run}/events", token).body
    refs = git("ls-remote", f"{stack.url}/git/default/{name}.git").split()
    commits = dict(zip(refs[1::2], refs[::2], strict=True))
    assert commits["refs/heads/main"] == commits["refs/goldpath/render"] == commits["HEAD"]
    assert list((stack.home / "git").rglob(f"{name}*.git")) != []
    assert len(list((stack.home / "git").rglob(f"*{name}*"))) == 1
    assert_is_the_render(stack, name)
    found = stack.get(f"/api/catalog/entities/by-query?filter=kind=component,metadata.name={name}", token).body
    assert [item["metadata"]["name"] for item in found["items"]] == [name]
    events = stack.get(f"/api/scaffolder/v2/tasks/{run}/events", token).body
    completions = [event for event in events if event["type"] == "completion"]
    assert len(completions) == 1


def assert_is_the_render(stack: Stack, name: str) -> None:
    """The published tree is the lock's: every file with its hash, and no other file."""
    checkout = stack.home / "checkouts" / name
    git("clone", "-q", f"{stack.url}/git/default/{name}.git", str(checkout))
    lock = json.loads((checkout / ".goldpath" / "lock.json").read_text(encoding="utf-8"))
    tracked = set(git("-C", str(checkout), "ls-files", "-z").strip("\0").split("\0"))
    assert tracked == {*lock["files"], ".goldpath/lock.json"}
    for path, entry in lock["files"].items():
        assert hashlib.sha256((checkout / path).read_bytes()).hexdigest() == entry["sha256"], path


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_loses_nothing(stack: Stack, token: str, point: str) -> None:
    name = "worker-" + "-".join(point.replace(":", "-").split())
    run = pause_at(stack, token, name, point)
    stack.kill("worker")
    stack.start("worker")
    try:
        assert_ended_right(stack, token, name, run)
    finally:
        stack.kill("worker")


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_web_process_disturbs_no_run(stack: Stack, token: str, point: str) -> None:
    name = "web-" + "-".join(point.replace(":", "-").split())
    run = pause_at(stack, token, name, point)
    stack.kill("web")
    stack.start("web")
    (stack.home / "paused").unlink()
    try:
        assert_ended_right(stack, token, name, run)
    finally:
        stack.kill("worker")


def pause_at(stack: Stack, token: str, name: str, point: str) -> str:
    """Start a run and a worker that waits at `point`; return the run's id once it waits there."""
    marker = stack.home / "paused"
    marker.unlink(missing_ok=True)
    stack.start("worker", GOLDPATH_TEST_PAUSE_AT=point)
    run: str = stack.create(token, name).body["id"]
    eventually(marker.exists, f"the worker never came to {point}")
    return run


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


def test_no_token_nor_machine_path_is_left_in_logs_rows_or_commits(stack: Stack, token: str) -> None:
    """After all of the above: nothing that the real processes wrote holds the token or a folder of the machine."""
    logs = [stack.home / "web.log", stack.home / "worker.log"]
    rows = [path for path in stack.home.glob("goldpath.sqlite3*") if path.suffix != ".sqlite3-shm"]
    for path in [*logs, *rows]:
        content = path.read_bytes()
        assert token.encode() not in content, path.name
        assert str(stack.home).encode() not in content, path.name
    for checkout in (stack.home / "checkouts").iterdir():
        found = subprocess.run(["git", "-C", str(checkout), "grep", "-F", "-l", str(stack.home)], capture_output=True)
        assert found.stdout == b""
