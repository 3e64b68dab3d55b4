"""Runs git's own http-backend for one HTTP request: body in, CGI answer out, both streamed.

Git reads and writes without knowing of the other side's pace, so one direction always goes through a file: of a fetch
the (small) question is spooled and the answer streamed, of a push the question is streamed and the (small) answer
spooled. No thread is needed, and neither side can block the other for ever.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from scaffolder.git.command import GitError, end, environment, killed_after

CHUNK = 64 * 1024
IN_MEMORY = 1024 * 1024
MAX_HEADER = 16 * 1024
SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class BackendRequest:
    """What http-backend must know: the folder of all repositories, the path below it, and the CGI variables.

    `settings` is configuration for this request only; `variables` more of the environment, for hooks.
    """

    root: Path
    path: str
    method: str
    query: str
    headers: Mapping[str, str]
    user: str
    settings: Mapping[str, str]
    variables: Mapping[str, str]


class BackendAnswer:
    """The answer of http-backend: status, headers, and the body as an iterable that ends the process when closed."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[bytes], timer: threading.Timer) -> None:
        self._process, self._output, self._timer = process, output, timer
        self.status = 200
        self.headers: dict[str, str] = {}
        try:
            self._read_headers()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in pieces."""
        while piece := self._output.read1(CHUNK) if hasattr(self._output, "read1") else self._output.read(CHUNK):
            yield piece

    def close(self) -> None:
        """Release everything; a process that still runs (its client has gone) is ended."""
        self._timer.cancel()
        self._output.close()
        end(self._process)

    def _read_headers(self) -> None:
        total = 0
        while (line := self._output.readline(MAX_HEADER)) not in {b"\r\n", b"\n"}:
            total += len(line)
            if not line or total > MAX_HEADER:
                raise GitError("git gave no answer.")
            name, _, value = line.decode("latin-1").strip().partition(": ")
            if name.lower() == "status":
                self.status = int(value.split()[0])
            else:
                self.headers[name] = value


def fetch(request: BackendRequest, body: Iterator[bytes]) -> BackendAnswer:
    """Answer a question (`body`, spooled) with a stream."""
    with tempfile.SpooledTemporaryFile(max_size=0) as question:
        for piece in body:
            question.write(piece)
        question.seek(0)
        process = _start(request, stdin=question.fileno(), stdout=subprocess.PIPE)
    assert process.stdout is not None  # noqa: S101 - stdout is a pipe
    return BackendAnswer(process, process.stdout, killed_after(SECONDS, process))


def receive(request: BackendRequest, body: Iterator[bytes]) -> BackendAnswer:
    """Stream `body` into git, wait for it, and return its spooled answer.

    When `body` raises (the client has gone), git is ended before it changed anything.
    """
    answer = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the answer
    process = _start(request, stdin=subprocess.PIPE, stdout=answer.fileno())
    timer = killed_after(SECONDS, process)
    try:
        assert process.stdin is not None  # noqa: S101 - stdin is a pipe
        with contextlib.suppress(BrokenPipeError):
            for piece in body:
                process.stdin.write(piece)
            process.stdin.close()
        process.wait()
    except BaseException:
        timer.cancel()
        end(process)
        answer.close()
        raise
    answer.seek(0)
    return BackendAnswer(process, answer, timer)


def _start(request: BackendRequest, *, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["git", "http-backend"],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        env=environment(_variables(request)),
        cwd=request.root,
        start_new_session=True,
    )


def _variables(request: BackendRequest) -> dict[str, str]:
    settings = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, pair in enumerate(sorted(request.settings.items()))
        for part, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return {
        **request.headers,
        **request.variables,
        **settings,
        "GIT_CONFIG_COUNT": str(len(request.settings)),
        "GIT_PROJECT_ROOT": str(request.root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "PATH_INFO": request.path,
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "REMOTE_USER": request.user,
        "REMOTE_ADDR": "",
    }
