"""Runs one Go command: its output line by line, its end by time or by wish, its whole process group."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from portal.foundation.redaction import redact

LOOK_SECONDS = 0.5
LONGEST_LINE = 2000
MAX_LINES = 500
Log = Callable[[str], None]


class StoppedError(Exception):
    """The command was stopped: cancelled, or too slow; the message says which."""


def run(
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Log,
    cancelled: Callable[[], bool],
    seconds: float,
    keep_open: Sequence[int] = (),
) -> bool:
    """Run the command in `folder`, give each line of its output to `log`, and return whether it succeeded.

    `keep_open` are descriptors (locks) that the command holds until its last process has ended, even when this one is
    killed. Raises StoppedError.
    """
    process = subprocess.Popen(
        list(arguments),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=tuple(keep_open),
    )
    try:
        _follow(process, _Lines(log, folder), cancelled, time.monotonic() + seconds)
        return process.wait(timeout=LOOK_SECONDS * 20) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None  # noqa: S101 - stdout is a pipe
        process.stdout.close()


def _follow(process: subprocess.Popen[bytes], lines: _Lines, cancelled: Callable[[], bool], deadline: float) -> None:
    assert process.stdout is not None  # noqa: S101 - stdout is a pipe
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if cancelled():
                raise StoppedError("it was cancelled.")
            if time.monotonic() > deadline:
                raise StoppedError("it took too long.")
            if selector.select(LOOK_SECONDS):
                piece = os.read(process.stdout.fileno(), 65536)
                if not piece:
                    break
                lines.feed(piece)
    lines.finish()


class _Lines:
    """Cuts output into lines, hides where it was made, and stops after MAX_LINES."""

    def __init__(self, log: Log, folder: Path) -> None:
        self._log, self._folder = log, str(folder)
        self._rest = b""
        self._count = 0

    def feed(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self._rest) > LONGEST_LINE * 4:
            self._rest = self._rest[: LONGEST_LINE * 4]

    def finish(self) -> None:
        if self._rest:
            self._say(self._rest)

    def _say(self, line: bytes) -> None:
        self._count += 1
        if self._count == MAX_LINES:
            self._log("... more output is left out")
        text = line.decode("utf-8", "replace").replace(self._folder + "/", "").replace(self._folder, ".").rstrip()
        if text and self._count < MAX_LINES:
            self._log(redact(text)[:LONGEST_LINE])
