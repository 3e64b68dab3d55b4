"""Pushes to the real processes that lose their message or their web process: the catalog follows all the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.processes.conftest import git
from tests.processes.stack import Stack, eventually

pytestmark = [pytest.mark.e2e]
NAME = "pushed"


@pytest.fixture(scope="module")
def clone(stack: Stack, token: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of a new service that can push as alice."""
    stack.start("worker")
    run = stack.create(token, NAME).body["id"]
    assert stack.wait_for_end(token, run)["status"] == "completed"
    stack.kill("worker")
    folder = tmp_path_factory.mktemp("clone") / NAME
    address = stack.url.replace("://", f"://alice:{token}@")
    git("clone", "-q", f"{address}/git/default/{NAME}.git", str(folder))
    return folder


def describe(clone: Path, text: str) -> list[str]:
    """Commit another description of the component, and return the command that pushes it."""
    descriptor = clone / "catalog-info.yaml"
    lines = descriptor.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("  description: "))
    lines[at] = f"  description: {text}"
    descriptor.write_text("\n".join(lines) + "\n", encoding="utf-8")
    git("-C", str(clone), "commit", "-qam", text)
    return ["git", "-C", str(clone), "push", "-q", "origin", "HEAD:main"]


def assert_catalog_says(stack: Stack, token: str, text: str) -> None:
    def says() -> bool:
        entity = stack.get(f"/api/catalog/entities/by-name/component/default/{NAME}", token).body
        return bool(entity["metadata"].get("description") == text)

    eventually(says, f"the catalog does not say: {text}")


def test_a_push_whose_message_is_lost_reaches_the_catalog(stack: Stack, token: str, clone: Path) -> None:
    subprocess.run(describe(clone, "told to nobody"), check=True)
    messages = [path for path in (stack.home / "broker").rglob("*") if path.is_file()]
    assert messages
    for message in messages:
        message.unlink()
    stack.start("worker")
    try:
        assert_catalog_says(stack, token, "told to nobody")
    finally:
        stack.kill("worker")


def test_a_push_whose_web_process_is_killed_reaches_the_catalog(stack: Stack, token: str, clone: Path) -> None:
    marker = stack.home / "paused"
    stack.kill("web")
    stack.start("web", GOLDPATH_TEST_PAUSE_AT="accepted push")
    try:
        push = subprocess.Popen(describe(clone, "taken by git alone"), env=os.environ, stderr=subprocess.DEVNULL)
        eventually(marker.exists, "git never took the push")
        stack.kill("web")
        assert push.wait(60) != 0
        marker.unlink()
        stack.start("web")
        head = git("-C", str(clone), "rev-parse", "HEAD").strip()
        assert git("-C", str(clone), "ls-remote", "origin", "refs/heads/main").split()[0] == head
        swept = stack.manage(
            "shell", "--verbosity", "0", "-c", "from scaffolder import services; print(services.sweep())"
        )
        assert "'pushes': 1" in swept  # no worker has run yet, whose own sweep might have found it first
        stack.start("worker")
        assert_catalog_says(stack, token, "taken by git alone")
    finally:
        stack.kill("worker")
