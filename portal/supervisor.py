"""Starts the portal's processes and keeps them running.

It imports nothing but the standard library, so that watching costs little memory: `manage.py up` prepares the
installation and then becomes this program. Usage: supervisor.py PLAN, a JSON file with `processes`, `ready_url` and
`welcome`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

GRACE_SECONDS = 15.0
BACKOFF_SECONDS = (0.5, 1, 2, 5, 10, 30)
STABLE_SECONDS = 60.0
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """One process of the installation: its name in the output, its command, and how its last lives went."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    failures: int = 0
    restart_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the process in a session of its own, ended by the kernel when this supervisor dies."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - it only makes one system call
        )
        assert self.process.stdout is not None  # noqa: S101 - stdout is a pipe
        threading.Thread(target=_copy, args=(self.name, self.process.stdout), daemon=True).start()

    def schedule_restart(self) -> float:
        """Note that the process ended and return after how many seconds it starts again."""
        if time.monotonic() - self.started > STABLE_SECONDS:
            self.failures = 0
        delay = BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)]
        self.failures += 1
        self.process = None
        self.restart_at = time.monotonic() + delay
        return delay


class Supervisor:
    """Runs the children until it is told to stop."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.children = [Child(**process) for process in plan["processes"]]
        self.ready_url: str = plan["ready_url"]
        self.welcome: str = plan["welcome"]
        self.stopping = threading.Event()

    def run(self) -> int:
        """Start everything, watch it, and stop it in order; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        for child in self.children:
            child.start()
        threading.Thread(target=self._greet, daemon=True).start()
        while not self.stopping.wait(0.2):
            for child in self.children:
                self._watch(child)
        self._stop()
        return 0

    def _watch(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.restart_at:
                child.start()
            return
        code = child.process.poll()
        if code is not None:
            delay = child.schedule_restart()
            _say("goldpath", f"{child.name} ended with code {code}; it starts again in {delay:g} s")

    def _greet(self) -> None:
        while not self.stopping.is_set():
            with contextlib.suppress(OSError), urllib.request.urlopen(self.ready_url, timeout=2):  # noqa: S310 - our own
                sys.stdout.write(f"\n{self.welcome}\n\n")
                sys.stdout.flush()
                return
            time.sleep(0.1)

    def _stop(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        _say("goldpath", "stopping")
        for process in running:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _copy(name: str, stream: IO[str]) -> None:
    for line in stream:
        _say(name, line.rstrip())


def _say(name: str, line: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{name:<8} | {line}\n")
        sys.stdout.flush()


def _plan(path: Path) -> dict[str, Any]:
    """Read the plan and remove it: the welcome in it holds a sign-in link."""
    plan: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    return plan


if __name__ == "__main__":
    sys.exit(Supervisor(_plan(Path(sys.argv[1]))).run())
