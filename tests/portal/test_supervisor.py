"""The supervisor, with small programs in place of web and worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SUPERVISOR = Path(__file__).parents[2] / "portal" / "supervisor.py"
LIVE = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
print("hello", flush=True)
time.sleep(99)
"""
CRASH = (
    "import pathlib,sys;p=pathlib.Path(sys.argv[1]);p.write_text(p.read_text()+'x' if p.exists() else 'x');sys.exit(3)"
)


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ready_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Ready)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/readyz"
    server.shutdown()
    server.server_close()


Start = Callable[[dict[str, str]], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path, ready_url: str) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def run(programs: dict[str, str]) -> subprocess.Popen[str]:
        processes = [
            {"name": name, "command": [sys.executable, "-c", code, str(tmp_path / name)], "environment": {}}
            for name, code in programs.items()
        ]
        plan = {"processes": processes, "ready_url": ready_url, "welcome": "WELCOME http://here/"}
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        with (tmp_path / "out").open("w") as out:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-P", str(SUPERVISOR), str(tmp_path / "plan.json")], stdout=out, text=True
                )
            )
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_it_welcomes_when_ready_and_prefixes_the_output(start: Start, tmp_path: Path) -> None:
    start({"web": LIVE})
    out = tmp_path / "out"
    eventually(lambda: not (tmp_path / "plan.json").exists())
    eventually(lambda: "WELCOME http://here/" in out.read_text() and "web      | hello" in out.read_text())


def test_it_restarts_what_ends_with_growing_pauses(start: Start, tmp_path: Path) -> None:
    start({"worker": CRASH})
    eventually(lambda: (tmp_path / "worker").exists() and len((tmp_path / "worker").read_text()) >= 2)
    text = (tmp_path / "out").read_text()
    assert "worker ended with code 3; it starts again in 0.5 s" in text
    eventually(lambda: "it starts again in 1 s" in (tmp_path / "out").read_text())


def test_sigterm_ends_every_process(start: Start, tmp_path: Path) -> None:
    supervisor = start({"web": LIVE, "worker": LIVE})
    eventually(lambda: (tmp_path / "web").exists() and (tmp_path / "worker").exists())
    eventually(lambda: all((tmp_path / name).read_text() for name in ("web", "worker")))
    pids = [int((tmp_path / name).read_text()) for name in ("web", "worker")]
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0
    assert not any(alive(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_a_killed_supervisor_leaves_no_process_behind(start: Start, tmp_path: Path) -> None:
    supervisor = start({"web": LIVE})
    eventually(lambda: (tmp_path / "web").exists() and (tmp_path / "web").read_text() != "")
    pid = int((tmp_path / "web").read_text())
    supervisor.kill()
    supervisor.wait()
    eventually(lambda: not alive(pid))


def test_it_imports_nothing_but_the_standard_library() -> None:
    code = f"""
import runpy, sys
runpy.run_path({str(SUPERVISOR)!r})
print([name for name in sys.modules if name.split(".")[0] in ("django", "portal", "celery")])
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
