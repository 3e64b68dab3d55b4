"""An installation whose actions can be made to wait at a named point."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.processes.stack import Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("home"), settings="tests.processes.settings").prepare()
    made.start("web")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    return stack.token("alice")


WHO = ("-c", "user.name=Alice", "-c", "user.email=alice@goldpath.example")


def git(*arguments: str) -> str:
    """Run git as somebody: a new machine has no name in its configuration."""
    return subprocess.run(["git", *WHO, *arguments], capture_output=True, text=True, check=True).stdout
