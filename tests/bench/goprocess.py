"""A server under measurement: from its start to its end, with its memory and its goroutines."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

START_SECONDS = 60
STOP_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """How to run a server and what to ask it; addresses are those of the loopback interface."""

    name: str
    binary: Path
    environment: Mapping[str, str]
    address: str
    ready: str  # the URL that answers 200 once the server can work
    metrics: str  # the URL of its Prometheus page
    ping: str  # a path that needs no database
    ping_status: int  # what it answers
    headers: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    grpc: str = ""  # the address of its gRPC API, if it has one
    writes: bool = False  # whether it creates tasks by REST

    @property
    def size_mb(self) -> float:
        """The size of the binary, in MB of 10^6 bytes."""
        return round(self.binary.stat().st_size / 1e6, 1)


@dataclass
class Process:
    """A server that runs."""

    server: Server
    child: subprocess.Popen[bytes]
    started_ms: float

    def rss_mb(self) -> float:
        """Return how much memory is resident, in MB of 10^6 bytes."""
        return round(psutil.Process(self.child.pid).memory_info().rss / 1e6, 1)

    def goroutines(self) -> int:
        """Return how many goroutines there are, by the server's own metrics."""
        with urllib.request.urlopen(self.server.metrics, timeout=10) as answer:
            found = re.search(r"^go_goroutines (\d+)", answer.read().decode(), re.MULTILINE)
        if found is None:
            raise SystemExit(f"{self.server.name} does not tell its goroutines at {self.server.metrics}")
        return int(found[1])

    def settled_goroutines(self, at_most: int, seconds: float = 30) -> int:
        """Wait until there are at most so many goroutines, and return how many there are, be it more."""
        deadline = time.monotonic() + seconds
        while (count := self.goroutines()) > at_most and time.monotonic() < deadline:
            time.sleep(0.5)
        return count


def own_port() -> int:
    """Return a free port of the loopback interface, below those that outgoing connections are given meanwhile."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise SystemExit("there is no free port between 20000 and 30000")


@contextlib.contextmanager
def running(server: Server, log: Path) -> Iterator[Process]:
    """Run a server for the length of the block, once it is ready; what it writes is thrown away but for errors."""
    command = [str(server.binary), *server.arguments]
    began = time.perf_counter()
    with log.open("wb") as errors:
        child = subprocess.Popen(command, env=dict(server.environment), stdout=subprocess.DEVNULL, stderr=errors)
    try:
        _wait_until_ready(server, child, log)
        yield Process(server, child, round((time.perf_counter() - began) * 1000, 1))
    finally:
        child.terminate()
        child.wait(STOP_SECONDS)


def _wait_until_ready(server: Server, child: subprocess.Popen[bytes], log: Path) -> None:
    host, port = server.ready.removeprefix("http://").partition("/")[0].split(":")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection((host, int(port)), 1).close()
            with urllib.request.urlopen(server.ready, timeout=5):
                return
        time.sleep(0.001)
    raise SystemExit(f"{server.name} did not start: {log.read_text(errors='replace')[-2000:]}")


class MemoryWatch:
    """Looks at the memory of a process while the block runs, and keeps the greatest value."""

    def __init__(self, process: Process) -> None:
        self.peak_mb = process.rss_mb()
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.peak_mb = max(self.peak_mb, self._process.rss_mb())
