"""The stopwatch: from `git clone` of Goldpath to a green `go test ./...` in the service that it made.

Every part is what a newcomer does, by the REST API in place of a mouse: clone, `make run`, ask for a service, wait for the run
(which builds and tests the render), clone the service, test it. `--cold` starts with empty Go caches.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.engines import free_port
from tests.processes.stack import Stack, eventually

ROOT = Path(__file__).resolve().parents[2]


def measure(folder: Path, *, cold: bool, postgres: bool) -> dict[str, float | str]:
    """Return the seconds of each part, and their sum."""
    marks: list[tuple[str, float]] = [("start", time.perf_counter())]
    checkout, port = folder / "goldpath", free_port()
    subprocess.run(["git", "clone", "-q", str(ROOT), str(checkout)], check=True)
    marks.append(("git clone of Goldpath", time.perf_counter()))
    environment = {**os.environ, "GOLDPATH_PORT": str(port), "GOLDPATH_VERIFY": "auto"}
    go = dict(environment)
    if cold:
        go |= {"GOCACHE": str(folder / "gocache"), "GOMODCACHE": str(folder / "gomodcache"), "GOFLAGS": "-modcacherw"}
    with (folder / "log").open("wb") as log:
        make = subprocess.Popen(
            ["make", "run"], cwd=checkout, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        stack = Stack(checkout / "var", port=port)
        eventually(lambda: stack.get("/sign-in").status == 200, "make run did not come up", 900)
        marks.append(("make run to the first page", time.perf_counter()))
        command = [".venv/bin/python", "manage.py", "apitoken", "create", "--user", "alice", "--name", "stopwatch"]
        token = subprocess.run(
            command, cwd=checkout, env=environment, capture_output=True, text=True, check=True
        ).stdout
        answer = stack.create(token.strip(), "stopwatch", postgres=postgres)
        task = stack.wait_for_end(token.strip(), answer.body["id"], 1800)
        if task["status"] != "completed":
            raise SystemExit(f"the run ended as {task['status']}")
        marks.append(("the run: render, verify, publish, register", time.perf_counter()))
        service = folder / "stopwatch"
        subprocess.run(["git", "clone", "-q", f"{stack.url}/git/default/stopwatch.git", str(service)], check=True)
        marks.append(("git clone of the service", time.perf_counter()))
        subprocess.run(["go", "test", "./..."], cwd=service, env=go, check=True, stdout=subprocess.DEVNULL)
        marks.append(("go test ./... in the service", time.perf_counter()))
    finally:
        os.killpg(make.pid, signal.SIGTERM)
        make.wait(60)
    parts: dict[str, float | str] = {
        name: round(moment - marks[index][1], 1) for index, (name, moment) in enumerate(marks[1:])
    }
    return {**parts, "total": round(marks[-1][1] - marks[0][1], 1), "go caches": "cold" if cold else "as they are"}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="goldpath-stopwatch-") as name:
        figures = measure(Path(name), cold="--cold" in sys.argv, postgres="--postgres" in sys.argv)
        print(json.dumps(figures, indent=2))
