"""kill -9 of the real worker in the middle of a scan: the next one does it again, once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from conformance.services.scans import LEASE_SECONDS
from tests.processes.conftest import git
from tests.processes.stack import Stack, eventually

pytestmark = [pytest.mark.e2e]
NAME = "scanned"


def rows(stack: Stack, query: str) -> list[tuple[object, ...]]:
    """Read the embedded database from beside the processes."""
    with sqlite3.connect(f"file:{stack.home}/goldpath.sqlite3?mode=ro", uri=True, timeout=20) as database:
        return database.execute(query).fetchall()


def test_a_scan_that_is_killed_is_done_again(stack: Stack, token: str) -> None:
    stack.start("worker")
    run = stack.create(token, NAME).body["id"]
    stack.wait_for_end(token, run)
    path = f"/api/goldpath/v1/services/default/{NAME}"
    eventually(lambda: bool(stack.get(path, token).body.get("commit")), "the new service was not scanned")
    head = _push(stack, token)
    deadline = time.monotonic() + 30
    while not rows(stack, "select 1 from conformance_service where lease_holder is not null"):
        assert time.monotonic() < deadline, "no scan began"
    stack.kill("worker")
    assert stack.get(path, token).body["commit"] != head
    stack.start("worker")
    eventually(lambda: stack.get(path, token).body["commit"] == head, "nobody scanned it again", LEASE_SECONDS + 60)
    assert rows(stack, f"select count(*) from conformance_snapshot where \"commit\" = '{head}'") == [(1,)]
    assert rows(stack, f"select count(*) from conformance_evaluation where \"commit\" = '{head}'") == [(1,)]


def _push(stack: Stack, token: str) -> str:
    checkout = Path(stack.home, "checkouts", NAME)
    git("clone", "-q", f"{stack.url}/git/default/{NAME}.git", str(checkout))
    with (checkout / "Makefile").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    git("-C", str(checkout), "commit", "-qam", "Change")
    address = f"{stack.url.replace('http://', f'http://alice:{token}@')}/git/default/{NAME}.git"
    git("-C", str(checkout), "push", "-q", address, "HEAD:main")
    return git("-C", str(checkout), "rev-parse", "HEAD").strip()
