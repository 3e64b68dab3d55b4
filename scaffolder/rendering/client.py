"""Talks to the render server: one per process, started on first use, replaced when it died."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from portal.foundation.errors import GoldpathError
from portal.foundation.redaction import redact

SECONDS = 30.0
START_SECONDS = 30.0


class RenderError(GoldpathError):
    """A template could not be rendered, or its output was refused; the message says which file and why."""

    name = "RenderError"
    status = 500


class RenderServer:
    """A running server process and the socket that requests are handed over by."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        self.owner = os.getpid()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", "scaffolder.render"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": str(settings.BASE_DIR), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                cwd="/",
                start_new_session=True,
            )

    def is_usable(self) -> bool:
        """Tell whether this process started the server and it still runs."""
        return self.owner == os.getpid() and self.process.poll() is None

    def connect(self) -> socket.socket:
        """Return one end of a new socket whose other end the server got."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [b"r"], [theirs.fileno()])
        return ours

    def close(self) -> None:
        """End the server; its children end with it."""
        self.control.close()
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()


_lock = threading.Lock()
_server: RenderServer | None = None


class ServerGoneError(Exception):
    """The server ended during a request; asking again starts another."""


def request(message: Mapping[str, Any], *, seconds: float = SECONDS) -> None:
    """Have the server do what `message` says and wait until its child is gone; a failure raises RenderError.

    ServerGoneError says that the server itself was killed meanwhile.
    """
    try:
        answer = _ask(message, seconds)
    except ConnectionError:
        raise ServerGoneError from None
    if "error" in answer:
        raise RenderError(f"The template cannot be rendered: {redact(answer['error'])}")


def stop() -> None:
    """End this process's server; the next request starts another."""
    global _server  # noqa: PLW0603 - one server per process
    with _lock:
        if _server is not None:
            _server.close()
        _server = None


def _ask(message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    server = _running()
    with server.connect() as connection:
        connection.settimeout(seconds + START_SECONDS)
        try:
            connection.sendall(json.dumps({**message, "seconds": seconds}).encode() + b"\n")
            with connection.makefile("rb") as stream:
                line = stream.readline()
                stream.read()
        except TimeoutError:
            stop()
            raise RenderError("Rendering took too long and was stopped.") from None
    if line:
        answer: dict[str, Any] = json.loads(line)
        return answer
    if server.is_usable():
        raise RenderError(f"Rendering was stopped: it took more than {seconds:.0f} s or more memory than it may.")
    raise ServerGoneError


def _running() -> RenderServer:
    global _server  # noqa: PLW0603 - one server per process
    with _lock:
        if _server is None or not _server.is_usable():
            if _server is not None:
                _server.close()
            _server = RenderServer()
        return _server


def _forget_in_child() -> None:
    global _server, _lock  # noqa: PLW0603 - a forked worker starts its own server
    _lock = threading.Lock()
    if _server is not None:
        with contextlib.suppress(OSError):
            _server.control.close()
    _server = None


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(stop)
