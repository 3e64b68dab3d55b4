"""An installation of its own, with the real web and worker processes, in a temporary data folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.engines import free_port

ROOT = Path(__file__).resolve().parents[2]
BLANK = "template:default/go-blank-service"


@dataclass
class Answer:
    """What the portal answered."""

    status: int
    body: Any


@dataclass
class Stack:
    """Web and worker as `make run` starts them, each to be killed and started at will.

    `environment` is added to both; `settings` names another settings module, such as one with pauses in the actions.
    """

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    settings: str = "portal.settings.embedded"
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The portal's address."""
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        """Return the environment of every process of the stack."""
        base = {name: value for name, value in os.environ.items() if not name.startswith(("GOLDPATH_", "DJANGO_"))}
        own = {
            "DJANGO_SETTINGS_MODULE": self.settings,
            "GOLDPATH_HOME": str(self.home),
            "GOLDPATH_PORT": str(self.port),
            "GOLDPATH_VERIFY": "never",
            "GOLDPATH_DEMO": "0",
            "GOLDPATH_LEASE_SECONDS": "3",
            "GOLDPATH_REAP_SECONDS": "1",
            "GOLDPATH_EMBEDDED_BEAT": "1",
        }
        return {**base, **own, **self.environment}

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.variables(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed: {done.stderr[-3000:]}")
        return done.stdout.strip()

    def prepare(self) -> Stack:
        """Set the installation up, as `make run` does before it starts anything."""
        self.manage("up", "--prepare-only")
        return self

    def start(self, *names: str, **extra: str) -> Stack:
        """Start `web` or `worker`, with more environment in `extra`; for web, wait until it answers."""
        from portal.web.management.commands.up import web_command, worker_command

        for name in names:
            command = web_command("127.0.0.1") if name == "web" else worker_command()
            command = [part.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}") for part in command]
            log = (self.home / f"{name}.log").open("ab")
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env={**self.variables(), **extra}, stdout=log, stderr=log, start_new_session=True
            )
            log.close()
        if "web" in names:
            eventually(lambda: self.get("/readyz").status == 200, "the web process did not come up")
        return self

    def kill(self, name: str) -> None:
        """Kill a process and all its children at once, as kill -9 or a power cut would."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Kill whatever runs."""
        for name in list(self.running):
            self.kill(name)

    def token(self, user: str) -> str:
        """Return a new API token of `user`."""
        return self.manage("apitoken", "create", "--user", user, "--name", "suite")

    def get(self, path: str, token: str = "") -> Answer:
        """GET `path`."""
        return self._ask("GET", path, token, None, {})

    def post(self, path: str, token: str, body: Any = None, **headers: str) -> Answer:
        """POST `body` as JSON to `path`."""
        return self._ask("POST", path, token, body, headers)

    def _ask(self, method: str, path: str, token: str, body: Any, headers: dict[str, str]) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, _parsed(response.read()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, _parsed(error.read()))
        except OSError:
            return Answer(0, None)

    def create(self, token: str, name: str, *, owner: str = "group:default/payments", **values: Any) -> Answer:
        """Ask for a blank service by the REST API."""
        answers = {
            "name": name,
            "description": "Made by the suite",
            "owner": owner,
            "lifecycle": "experimental",
            **values,
        }
        return self.post("/api/scaffolder/v2/tasks", token, {"templateRef": BLANK, "values": answers})

    def wait_for_end(self, token: str, run: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until the run has ended and return its task as the API shows it."""
        task: dict[str, Any] = {}

        def ended() -> bool:
            answer = self.get(f"/api/scaffolder/v2/tasks/{run}", token)
            task.update(answer.body if answer.status == 200 else {})
            return task.get("status") in {"completed", "failed", "cancelled"}

        eventually(ended, "the run did not end", seconds)
        return task


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def eventually(condition: Callable[[], bool], otherwise: str, seconds: float = 60) -> None:
    """Wait until `condition` holds, asking often; fail with `otherwise` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(otherwise)
        time.sleep(0.05)
