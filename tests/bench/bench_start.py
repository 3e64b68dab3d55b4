"""From `make run` to the first page, and the memory of all its processes when idle.

The checkout is cloned into an empty folder, with no virtual environment; the package cache is as warm as it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from tests.engines import free_port

ROOT = Path(__file__).resolve().parents[2]
SETTLE_SECONDS = 60  # the demo services are made meanwhile, and their examiner ends


def measure(folder: Path) -> dict[str, Any]:
    """Clone, run, wait for the sign-in page, let it settle, and weigh the process tree (bytes as MB of 10^6)."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "goldpath")], check=True)
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    environment |= {"GOLDPATH_PORT": str(port), "GOLDPATH_VERIFY": "never"}
    started = time.perf_counter()
    with (folder / "log").open("wb") as log:
        make = subprocess.Popen(
            ["make", "run"], cwd=folder / "goldpath", env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        seconds = _first_page(port, started, make)
        time.sleep(SETTLE_SECONDS)
        return {"make_run_to_first_page_s": round(seconds, 1), "idle": _weigh(make.pid)}
    finally:
        os.killpg(make.pid, signal.SIGTERM)
        make.wait(60)


def _first_page(port: int, started: float, make: subprocess.Popen[bytes]) -> float:
    while time.perf_counter() - started < 600 and make.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5):
            return time.perf_counter() - started
        time.sleep(0.05)
    raise SystemExit("make run did not come up")


def _weigh(pid: int) -> dict[str, Any]:
    parent = psutil.Process(pid)
    processes = [parent, *parent.children(recursive=True)]
    sizes = {f"{p.name()} {p.pid}": p.memory_full_info() for p in processes}
    return {
        "rss_mb": round(sum(s.rss for s in sizes.values()) / 1e6),
        "pss_mb": round(sum(s.pss for s in sizes.values()) / 1e6),
        "processes": {name: round(s.rss / 1e6) for name, s in sizes.items()},
        "floor": "idle memory of all processes <= 400 MB, first page <= 30 s on a warm package cache",
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="goldpath-bench-") as name:
        print(json.dumps(measure(Path(name)), indent=2))
