"""The stopwatch: from `git clone` of Goldpath to a green `go test ./...` in the service that it made.

Every part is what a newcomer does, by the REST API in place of a mouse: clone, `make run`, ask for a service, wait for
the run (which builds and tests the render), clone the service, test it. `--cold` starts with empty Go caches for that
last part, `--postgres` asks for a service with PostgreSQL.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.engines import free_port
from tests.processes.stack import Stack, eventually

ROOT = Path(__file__).resolve().parents[2]


class Stopwatch:
    """Seconds since the last look, by what was done."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note how long `name` took."""
        now = time.perf_counter()
        self.laps[name], self._last = round(now - self._last, 1), now


@contextlib.contextmanager
def goldpath(checkout: Path, watch: Stopwatch) -> Iterator[Stack]:
    """Run `make run` in a checkout for the length of the block."""
    stack = Stack(checkout / "var", port=free_port())
    environment = {**os.environ, "GOLDPATH_PORT": str(stack.port)}
    with (checkout.parent / "log").open("wb") as log:
        make = subprocess.Popen(
            ["make", "run"], cwd=checkout, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        eventually(lambda: stack.get("/sign-in").status == 200, "make run did not come up", 900)
        watch.lap("make run to the first page")
        yield stack
    finally:
        os.killpg(make.pid, signal.SIGTERM)
        make.wait(60)


def make_service(stack: Stack, checkout: Path, *, postgres: bool) -> None:
    """Ask for a service as alice, and wait until the run is completed."""
    command = [".venv/bin/python", "manage.py", "apitoken", "create", "--user", "alice", "--name", "stopwatch"]
    token = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()
    task = stack.wait_for_end(token, stack.create(token, "stopwatch", postgres=postgres).body["id"], 1800)
    if task["status"] != "completed":
        raise SystemExit(f"the run ended as {task['status']}")


def measure(folder: Path, *, cold: bool, postgres: bool) -> dict[str, float | str]:
    """Return the seconds of each part, and their sum."""
    watch, checkout, service = Stopwatch(), folder / "goldpath", folder / "stopwatch"
    go = dict(os.environ)
    if cold:
        go |= {"GOCACHE": str(folder / "gocache"), "GOMODCACHE": str(folder / "gomodcache"), "GOFLAGS": "-modcacherw"}
    subprocess.run(["git", "clone", "-q", str(ROOT), str(checkout)], check=True)
    watch.lap("git clone of Goldpath")
    with goldpath(checkout, watch) as stack:
        make_service(stack, checkout, postgres=postgres)
        watch.lap("the run: render, verify, publish, register")
        subprocess.run(["git", "clone", "-q", f"{stack.url}/git/default/stopwatch.git", str(service)], check=True)
        watch.lap("git clone of the service")
        subprocess.run(["go", "test", "./..."], cwd=service, env=go, check=True, stdout=subprocess.DEVNULL)
        watch.lap("go test ./... in the service")
    total = round(sum(watch.laps.values()), 1)
    return {**watch.laps, "total": total, "the developer's Go caches": "cold" if cold else "warm"}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="goldpath-stopwatch-") as name:
        figures = measure(Path(name), cold="--cold" in sys.argv, postgres="--postgres" in sys.argv)
        print(json.dumps(figures, indent=2))
