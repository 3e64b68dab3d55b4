"""Asks examiner processes: few, shared by all threads, killed when a unit of work takes too long."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from conformance import parsers

SERVER = "conformance.scanning.server"
CHECK_SECONDS = 5.0
START_SECONDS = 20.0
MOST_BYTES = 8 * 1024 * 1024
MOST_KNOWN = 1000
"""How many facts an examiner holds on to: those of a few templates, beside those of the service at hand."""
FOLDER = "goldpath-examiner-"
ATTEMPTS = 2

FactKey = tuple[str, str]
Beat = Callable[[], None]
Unit = TypeVar("Unit")


def _no_beat() -> None:
    """Tell nobody that work goes on."""


@dataclass(frozen=True, slots=True)
class Content:
    """One file for one parser; `key` is what its facts are known by."""

    parser: str
    path: str
    key: str
    content: bytes


class LostError(Exception):
    """The examiner ended, or was ended for taking too long, during the unit that it had not answered yet."""


class Examiner:
    """A running examiner process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._buffer = b""
        self._is_new = True
        self.folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{self.owner}-"))
        self._known: dict[FactKey, None] = {}  # in the order of their last use
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-m", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                "PYTHONPATH": str(settings.BASE_DIR),
                "PATH": os.environ.get("PATH", os.defpath),
                "LC_ALL": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": str(self.folder),
            },
            cwd="/",
            start_new_session=True,
        )

    def is_usable(self) -> bool:
        """Tell whether this process started it and it still runs."""
        return self.owner == os.getpid() and self.process.poll() is None

    def uses(self, keys: Sequence[FactKey]) -> tuple[list[FactKey], list[FactKey]]:
        """Note that facts are used; return those that it does not hold, and others that it is to drop for them.

        What was not used for the longest time goes first: the files that services share stay.
        """
        lacking = [key for key in keys if key not in self._known]
        for key in keys:
            self._known.pop(key, None)
        gone = list(self._known)[: max(0, len(self._known) + len(keys) - MOST_KNOWN)]
        for key in gone:
            del self._known[key]
        self._known |= dict.fromkeys(keys)
        return lacking, gone

    def learns(self, keys: Iterable[FactKey]) -> None:
        """Note that it holds these facts from now on."""
        self._known |= dict.fromkeys(keys)

    def ask(self, request: Mapping[str, Any], seconds: Sequence[float]) -> Iterator[dict[str, Any]]:
        """Yield one answer per unit; `seconds` says for each how long it may take. Raises LostError."""
        assert self.process.stdin is not None  # noqa: S101 - both are pipes
        try:
            self.process.stdin.write(json.dumps(request, separators=(",", ":")).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise LostError from None
        if self._is_new:
            self._line(START_SECONDS)
            self._is_new = False
        for allowed in seconds:
            yield json.loads(self._line(allowed))

    def close(self) -> None:
        """End the process and everything that it started."""
        if self.owner == os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        if self.owner == os.getpid():
            shutil.rmtree(self.folder, ignore_errors=True)

    def _line(self, seconds: float) -> bytes:
        assert self.process.stdout is not None  # noqa: S101 - a pipe
        descriptor = self.process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise LostError
            piece = os.read(descriptor, 1 << 20)
            if not piece:
                raise LostError
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


_lock = threading.Lock()
_places = threading.BoundedSemaphore(os.cpu_count() or 1)
_idle: list[Examiner] = []


def parse(contents: Sequence[Content], beat: Beat = _no_beat) -> list[dict[str, Any]]:
    """Have every content parsed; return one answer each, in order. `beat` is called after each.

    An answer holds `facts` (which may be `{"error", "line"}`), or `missing` (a tool is not installed), or `failed` (the
    parser crashed or took too long); only facts may be kept.
    """
    answers: list[dict[str, Any]] = []
    for batch in _batches(contents):
        lost = [{"failed": f"{each.parser} took too long for this file, or crashed on it."} for each in batch]
        seconds = [parsers.registry()[each.parser].seconds for each in batch]
        answers += _all(_parse_request, batch, seconds, lost, beat)
    return answers


def judge(
    subject: Mapping[str, Any],
    check_ids: Sequence[str],
    load: Callable[[list[FactKey]], list[Any]],
    beat: Beat = _no_beat,
) -> dict[str, dict[str, Any]]:
    """Have a subject judged by every check; return `{"verdict", "message", "evidence"}` by check.

    `subject["facts"]` names facts by parser, path and key; `load` is asked for those that the examiner does not hold.
    `beat` is called after each check.
    """
    message = f"The check took more than {CHECK_SECONDS:.0f} s, or crashed, and was stopped."
    lost = {"verdict": "error", "message": message, "evidence": []}
    keys = list({(parser, key): None for parser, paths in subject["facts"].items() for key in paths.values()})

    def request(examiner: Examiner, part: Sequence[str]) -> dict[str, Any]:
        lacking, gone = examiner.uses(keys)
        given = [[*key, facts] for key, facts in zip(lacking, load(lacking), strict=True)]
        return {"judge": list(part), "subject": subject, "given": given, "drop": gone}

    seconds = [CHECK_SECONDS] * len(check_ids)
    answers = _all(request, check_ids, seconds, [lost] * len(check_ids), beat)
    return dict(zip(check_ids, answers, strict=True))


def stop() -> None:
    """End this process's idle examiners; the next question starts another."""
    with _lock:
        gone, _idle[:] = list(_idle), []
    for examiner in gone:
        examiner.close()


def sweep() -> int:
    """Remove the folders of examiners whose owners were killed before they could; return how many."""
    gone = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        owner = folder.name.removeprefix(FOLDER).partition("-")[0]
        if owner.isdecimal() and not _runs(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
            gone += not folder.exists()
    return gone


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _parse_request(examiner: Examiner, batch: Sequence[Content]) -> dict[str, Any]:
    examiner.learns((each.parser, each.key) for each in batch)
    return {
        "parse": [
            {
                "parser": each.parser,
                "path": each.path,
                "key": each.key,
                "content": base64.b64encode(each.content).decode(),
            }
            for each in batch
        ]
    }


def _all(
    request: Callable[[Examiner, Sequence[Unit]], dict[str, Any]],
    units: Sequence[Unit],
    seconds: Sequence[float],
    lost: Sequence[dict[str, Any]],
    beat: Beat,
) -> list[dict[str, Any]]:
    """Ask for all units; after a unit that ends the examiner go on with the next one in another process.

    A unit at which an examiner was lost is tried again once, alone: it may have died of something else.
    """
    answers: list[dict[str, Any]] = []
    failures = 0
    while len(answers) < len(units):
        done = len(answers)
        part = slice(done, done + 1) if failures else slice(done, None)
        try:
            with _borrowed() as examiner:
                for answer in examiner.ask(request(examiner, units[part]), seconds[part]):
                    answers.append(answer)
                    failures = 0
                    beat()
        except LostError:
            failures = failures + 1 if len(answers) == done else 1
            if failures == ATTEMPTS:
                answers.append(lost[len(answers)])
                failures = 0
    return answers


@contextlib.contextmanager
def _borrowed() -> Iterator[Examiner]:
    with _places:
        examiner = _take()
        try:
            yield examiner
        except BaseException:
            examiner.close()
            raise
        with _lock:
            _idle.append(examiner)


def _take() -> Examiner:
    while True:
        with _lock:
            examiner = _idle.pop() if _idle else None
        if examiner is None:
            return Examiner()
        if examiner.is_usable():
            return examiner
        examiner.close()


def _batches(contents: Sequence[Content]) -> Iterator[Sequence[Content]]:
    start, size = 0, 0
    for index, each in enumerate(contents):
        size += len(each.content)
        if size > MOST_BYTES and index > start:
            yield contents[start:index]
            start, size = index, len(each.content)
    if start < len(contents):
        yield contents[start:]


def _forget_in_child() -> None:
    global _lock, _places  # noqa: PLW0603 - a forked worker starts its own examiners
    _lock = threading.Lock()
    _places = threading.BoundedSemaphore(os.cpu_count() or 1)
    _idle.clear()


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(stop)
