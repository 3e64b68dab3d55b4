"""A rendered service as real processes, and clients that reach them as through a Service of Kubernetes."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.engines import free_port

# Longer than a request may take (http.request_timeout): whoever waits so long was left hanging.
PATIENCE = 15
DEADLINE = 60
TASKS = "/api/v1/tasks"


def eventually(holds: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
    """Wait until something holds; what says so in the failure, which comes after a generous time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Answer:
    """What a request came to: a status of 0 is none, and error says why."""

    method: str
    status: int = 0
    media: str = ""
    body: Any = None
    begun: float = 0
    leaves: bool = True  # the connection ends here
    error: str = ""

    @property
    def good(self) -> bool:
        """Tell whether it is what was asked for."""
        return self.status in (200, 201)

    @property
    def unavailable(self) -> bool:
        """Tell whether it says, in the way of the API, that the database is not there."""
        problem = self.media == "application/problem+json" and self.body["status"] == self.status == 503
        return problem and self.body["reason"] == "DATABASE_UNAVAILABLE"


def ask(
    connection: HTTPConnection, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send a request and read all of its answer; whatever goes wrong on the way is part of what is returned."""
    begun = time.monotonic()
    content = {"Content-Type": "application/json"} if body is not None else {}
    try:
        connection.request(method, path, json.dumps(body) if content else None, {**content, **(headers or {})})
        return _read(method, connection.getresponse(), begun)
    except (OSError, HTTPException) as error:
        connection.close()
        return Answer(method, begun=begun, error=f"{method} {path}: {error!r}")


def _read(method: str, response: HTTPResponse, begun: float) -> Answer:
    text, media = response.read(), response.headers.get_content_type()
    body = json.loads(text) if media.endswith("json") else text.decode()
    return Answer(method, response.status, media, body, begun, response.will_close)


def connect(address: str, timeout: float = PATIENCE) -> HTTPConnection:
    """Return a connection that is made with its first request."""
    host, _, port = address.rpartition(":")
    return HTTPConnection(host, int(port), timeout=timeout)


def get(address: str, path: str) -> Answer:
    """Ask over a connection that is made for this."""
    with contextlib.closing(connect(address)) as connection:
        return ask(connection, "GET", path)


@contextlib.contextmanager
def issuer(program: Path) -> Iterator[tuple[str, str]]:
    """Run the development issuer; yield its address and the token of an editor."""
    address = f"127.0.0.1:{free_port()}"
    command = [str(program), "-addr", address, "-issuer", f"http://{address}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: get(address, "/.well-known/jwks.json").status == 200, "the issuer answers")
        yield f"http://{address}", _token(address)
    finally:
        process.terminate()
        process.wait(20)


def _token(address: str) -> str:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with contextlib.closing(connect(address)) as connection:
        connection.request("POST", "/token", urlencode({"roles": "editor", "sub": "tests"}), form)
        return connection.getresponse().read().decode()


@dataclass
class Replica:
    """One process of the service, which has new addresses whenever it is started, as a pod has."""

    program: Path
    log: Path
    environment: Mapping[str, str]
    addresses: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def run(self, command: str) -> None:
        """Run a command of the binary to its end."""
        done = subprocess.run([self.program, command], env=self._variables(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen([self.program, "serve"], env=self._variables(), stdout=log, stderr=log)
        eventually(lambda: not self.alive() or self._listens(), "the service listens")
        eventually(lambda: not self.alive() or self.readiness().status == 200, "the service is ready")
        assert self.alive(), self.log.read_text(encoding="utf-8")[-3000:]

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code, which must come within drain delay and stop timeout."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(30)

    def probe(self, path: str) -> Answer:
        """Ask the admin port."""
        return get(self.addresses["admin"], path)

    def readiness(self) -> Answer:
        """Return what the readiness probe says."""
        return self.probe("/readyz")

    def says(self, status: int, **checks: str) -> bool:
        """Tell whether the readiness probe has this status and says this of dependencies."""
        answer = self.readiness()
        return answer.status == status and checks.items() <= answer.body.get("checks", {}).items()

    def counted(self, metric: str, **labels: str) -> float:
        """Return the sum of the series of a metric that have these labels."""
        wanted = {f'{name}="{value}"' for name, value in labels.items()}
        lines = re.findall(rf"^{metric}(?:\{{(.*)\}})? (\S+)$", self.probe("/metrics").body, re.MULTILINE)
        return sum(float(value) for found, value in lines if wanted <= set(found.split(",")))

    def _listens(self) -> bool:
        text = self.log.read_text(encoding="utf-8")
        records = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("}\n")]
        if not any(each.get("state") == "running" for each in records):
            return False
        self.addresses = {each["server"]: each["addr"] for each in records if each.get("msg") == "listening"}
        return True

    def _variables(self) -> dict[str, str]:
        free = {f"APP_{port}_ADDR": "127.0.0.1:0" for port in ("ADMIN", "HTTP", "GRPC")}
        return {**os.environ, **free, **self.environment}


class Service:
    """Knows which replicas were ready when they were last asked, and lends connections to these only."""

    def __init__(self, replicas: Sequence[Replica], every: float = 0.05) -> None:
        self._replicas, self._every = replicas, every
        self._ready: dict[int, str] = {}
        self._over = threading.Event()
        self._probes = [threading.Thread(target=self._watch, args=(n,)) for n in range(len(replicas))]

    def __enter__(self) -> Service:
        for number in range(len(self._replicas)):
            self._ask(number)
        for thread in self._probes:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._probes:
            thread.join()

    def addresses(self) -> list[str]:
        """Return where the ready replicas are."""
        return list(self._ready.values())

    def connection(self) -> HTTPConnection | None:
        """Return a connection to any ready replica, or nothing if there is none."""
        addresses = self.addresses()
        return connect(random.choice(addresses)) if addresses else None

    def _watch(self, number: int) -> None:
        while not self._over.wait(self._every):
            self._ask(number)

    def _ask(self, number: int) -> None:
        addresses = self._replicas[number].addresses  # which a start replaces
        if get(addresses["admin"], "/readyz").status == 200:
            self._ready[number] = addresses["api"]
        else:
            self._ready.pop(number, None)
