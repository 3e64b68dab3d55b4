"""How soon after a push the service's page is right: real web and worker processes, pushes by git over HTTP.

Each push changes one platform file. Measured from the end of `git push` until the REST API answers with the pushed
commit, which is when the page shows it. Usage: python -m tests.bench.bench_push [pushes]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.processes.stack import Stack, eventually

NAME = "pushed"
LOAD = round(os.getloadavg()[0], 1)


def main(home: Path, pushes: int) -> dict[str, Any]:
    """Measure in an empty data folder and return the figures."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")
    import django

    django.setup()
    stack = Stack(home).prepare()
    token = stack.token("alice")
    stack.start("web", "worker")
    try:
        run = stack.create(token, NAME).body["id"]
        stack.wait_for_end(token, run)
        checkout = home / "checkout"
        _git("clone", "-q", f"{stack.url}/git/default/{NAME}.git", str(checkout))
        _until(stack, token, _git("-C", str(checkout), "rev-parse", "HEAD"))
        seconds = sorted(_push(stack, token, checkout, number) for number in range(pushes))
    finally:
        stack.stop()
    return {
        "pushes": pushes,
        "right_after_s": {
            "p50": round(statistics.median(seconds), 2),
            "p95": round(seconds[max(0, int(len(seconds) * 0.95) - 1)], 2),
            "max": round(seconds[-1], 2),
            "goal": "p95 <= 2.0",
        },
        "machine": {"cores": os.cpu_count(), "load_before": LOAD},
    }


def _push(stack: Stack, token: str, checkout: Path, number: int) -> float:
    with (checkout / "Makefile").open("a", encoding="utf-8") as file:
        file.write(f"# {number}\n")
    _git("-C", str(checkout), "commit", "-qam", f"Change {number}")
    address = f"{stack.url.replace('http://', f'http://alice:{token}@')}/git/default/{NAME}.git"
    _git("-C", str(checkout), "push", "-q", address, "HEAD:main")
    began = time.perf_counter()
    _until(stack, token, _git("-C", str(checkout), "rev-parse", "HEAD"))
    return time.perf_counter() - began


def _until(stack: Stack, token: str, commit: str) -> None:
    path = f"/api/goldpath/v1/services/default/{NAME}"
    eventually(lambda: _commit_of(stack.get(path, token).body) == commit, "the service page does not follow", 60)


def _commit_of(body: Any) -> str:
    return str(body.get("commit", "")) if isinstance(body, dict) else ""


def _git(*arguments: str) -> str:
    identity = ["-c", "user.name=Alice", "-c", "user.email=alice@example.com"]
    done = subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="goldpath-bench-", ignore_cleanup_errors=True) as folder:
        print(json.dumps(main(Path(folder), *map(int, sys.argv[1:2] or ["20"])), indent=2))
