"""A rendered service beside the floor, a bare gin and pgx program: throughput, latency, memory, start, size.

Usage: python -m tests.bench.bench_go [--json] [--seconds 10] [--rounds 2] [--logger logrus] [--only rest,postgres]
`make bench-go` does it. The service is the blank template with every capability that it offers but Redis, so that
reads reach the database on both sides; a third one, "cached", has Redis too. It is built as its Dockerfile builds it
and configured as its production overlay is: JSON logs, one trace in ten sent to a collector that throws it away, bearer
tokens of an issuer beside it. All read the same rows of one PostgreSQL, which is durable, by 64 connections
that are kept alive. They run in turns, floor, service, floor, service, so that what the machine does meanwhile hits
both; the generator runs on the same machine and takes its share of both.

Constant rates measure latency from when a request was due (see go/load/attack). Saturated runs are closed loops over
bare connections: a full HTTP client takes more of the machine than the servers do, and would hide what they cost.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.bench import gobuild, gorender
from tests.bench.gofigures import judged, merged, printed
from tests.bench.goprocess import MemoryWatch, Process, Server, own_port, running
from tests.bench.gosurroundings import Surroundings, headers, surroundings
from tests.bench.gosurroundings import environment as told

CONNECTIONS = 64
TASKS = 10_000
WRITERS = 8  # connections that make them
RATE = 2_000  # requests a second, of the constant run
CACHED_RATE = 4_000  # the same where reads are cached
WRITE_RATE = 300
CALL_RATE = 8_000  # of gRPC, without the database
CALL_CONNECTIONS = 8  # which carry many calls at once
# A call of GetTask with an id that is none ("x"): it passes all guards and reaches no database.
CALL = "/tasks.v1.TaskService/GetTask"
CALL_BODY = b"\0\0\0\0\x03\x0a\x01x"
INVALID_ARGUMENT = "3"
WARM_UP_SECONDS = 2


# How the deployment of a rendered service sets the collector up; the floor has the same.
RUNTIME = {"GOGC": "200"}


def floor(folder: Path, around: Surroundings) -> Server:
    """Build the floor and return how to run it."""
    binary = gobuild.build(gobuild.SOURCES / "floor", ".", folder / "floor", *gobuild.RELEASE)
    address = f"127.0.0.1:{own_port()}"
    # As many connections as the pool of a rendered service has.
    dsn = f"{around.database}&pool_max_conns=10"
    environment = {"PATH": os.environ["PATH"], "FLOOR_ADDR": address, "FLOOR_DSN": dsn, **RUNTIME}
    url = f"http://{address}"
    return Server("floor", binary, environment, address, f"{url}/ping", f"{url}/metrics", "/ping", 200)


def service(folder: Path, around: Surroundings, wanted: list[str], logger: str) -> tuple[Server, tuple[str, ...]]:
    """Render and build a service into a folder; return how to run it, and its capabilities."""
    source = folder / "source"
    chosen = gorender.render(source, wanted, logger=logger)
    binary = gobuild.build(source, "./cmd/server", folder / "server", *gobuild.RELEASE)
    address, admin = f"127.0.0.1:{own_port()}", f"127.0.0.1:{own_port()}"
    environment = {
        "PATH": os.environ["PATH"],
        "APP_CONFIG_FILE": str(source / "deployments" / "k8s" / "overlays" / "production" / "config.yaml"),
        "APP_HTTP_ADDR": address,
        "APP_ADMIN_ADDR": admin,
        "APP_LIFECYCLE_DRAIN_DELAY": "0s",
        **RUNTIME,
        **told(chosen, around),
    }
    calls = f"127.0.0.1:{own_port()}" if "grpc" in chosen else ""
    if calls:
        environment["APP_GRPC_ADDR"] = calls
    ready, metrics = f"http://{admin}/readyz", f"http://{admin}/metrics"
    # No route has this path: it shows what all requests cost before a handler sees them.
    ping, status = "/ping", 404
    about: dict[str, Any] = {"headers": headers(chosen, around), "grpc": calls, "writes": True}
    server = Server(folder.name, binary, environment, address, ready, metrics, ping, status, **about)
    return server, chosen


def prepare(server: Server, log: Path) -> list[str]:
    """Migrate the database, have the service make tasks, and return their paths, in no order."""
    migrated = subprocess.run(
        [str(server.binary), "migrate"], env=dict(server.environment), capture_output=True, text=True, check=False
    )
    if migrated.returncode:
        raise SystemExit(f"{server.name} cannot migrate its database: {migrated.stderr[-2000:]}")
    with running(server, log), ThreadPoolExecutor(WRITERS) as writers:
        shares = writers.map(lambda _: _make_tasks(server, TASKS // WRITERS), range(WRITERS))
        paths = [path for share in shares for path in share]
    random.Random(1).shuffle(paths)  # ids rise with time; readers come in no order
    return paths


def _make_tasks(server: Server, count: int) -> list[str]:
    """Make tasks by one connection to the REST API, which stores them as it will read them: encrypted, for instance."""
    made = []
    headers = {**server.headers, "Content-Type": "application/json"}
    with contextlib.closing(HTTPConnection(server.address, timeout=30)) as connection:
        for number in range(count):
            body = json.dumps({"title": f"Task {number}", "notes": "note " * 20})
            connection.request("POST", "/api/v1/tasks", body, headers)
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace")
            if answer.status != 201:
                raise SystemExit(f"{server.name} makes no tasks: {answer.status} {said[:1000]}")
            made.append(str(answer.headers["Location"]))
    return made


class Generator:
    """Sends requests by the load program."""

    def __init__(self, load: Path, folder: Path, tasks: list[str]) -> None:
        self._load, self._folder, self._tasks = load, folder, tasks

    def warm_up(self, server: Server, rate: int) -> None:
        """Read tasks for a moment; figures of a server that refuses them would mean nothing."""
        figures = self.read(server, WARM_UP_SECONDS, rate)
        if figures["failures"]:
            raise SystemExit(f"{server.name} does not answer reads: {figures['statuses']} {figures.get('errors', '')}")

    def ping(self, server: Server, seconds: float) -> dict[str, Any]:
        """Ask for what needs no database, as fast as answers come."""
        return self._attack(server, [server.ping], seconds, expect=server.ping_status)

    def read(self, server: Server, seconds: float, rate: int = 0) -> dict[str, Any]:
        """Read tasks by their ids."""
        return self._attack(server, self._tasks, seconds, rate=rate)

    def write(self, server: Server, seconds: float) -> dict[str, Any]:
        """Create tasks at a constant rate."""
        body = json.dumps({"title": "Task", "notes": "note " * 20}).encode()
        more = _posted(body, "application/json")
        return self._attack(server, ["/api/v1/tasks"], seconds, rate=WRITE_RATE, expect=201, more=more)

    def call(self, server: Server, seconds: float) -> dict[str, Any]:
        """Call a method of gRPC that needs no database, at a constant rate."""
        more = ["-grpc", INVALID_ARGUMENT, *_posted(CALL_BODY, "application/grpc"), "-header", "TE: trailers"]
        calls = replace(server, address=server.grpc)
        return self._attack(calls, [CALL], seconds, rate=CALL_RATE, connections=CALL_CONNECTIONS, more=more)

    def _attack(
        self,
        server: Server,
        paths: list[str],
        seconds: float,
        *,
        rate: int = 0,
        expect: int = 200,
        connections: int = CONNECTIONS,
        more: Sequence[str] = (),
    ) -> dict[str, Any]:
        urls = self._folder / "urls"
        urls.write_text("\n".join(f"http://{server.address}{path}" for path in paths), encoding="utf-8")
        command = [str(self._load), "attack", "-connections", str(connections), "-duration", f"{seconds}s"]
        command += ["-rate", str(rate), "-expect", str(expect), *more]
        for name, value in server.headers.items():
            command += ["-header", f"{name}: {value}"]
        done = subprocess.run([*command, str(urls)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"load: {done.stderr}")
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures


def _posted(body: bytes, media: str) -> list[str]:
    return ["-body", base64.b64encode(body).decode(), "-header", f"Content-Type: {media}"]


def turn(process: Process, generator: Generator, seconds: float) -> dict[str, Any]:
    """Measure a server that has just become ready."""
    server = process.server
    generator.warm_up(server, 200)
    idle = process.settled_goroutines(0, seconds=2)
    figures: dict[str, Any] = {"start_ms": process.started_ms, "rss_idle_mb": process.rss_mb(), "goroutines_idle": idle}
    figures["ping"] = generator.ping(server, seconds)
    figures["read"] = generator.read(server, seconds)
    with MemoryWatch(process) as memory:
        figures["constant"] = generator.read(server, seconds, RATE)
    figures["rss_loaded_mb"] = memory.peak_mb
    if server.grpc:
        figures["grpc"] = generator.call(server, seconds)
    if server.writes:
        figures["write"] = generator.write(server, seconds)
    figures["goroutines_after"] = process.settled_goroutines(idle + 5)
    return figures


def cached_turn(process: Process, generator: Generator, seconds: float) -> dict[str, Any]:
    """Measure a server whose reads come from its cache, at the rate that has a bar of its own."""
    generator.warm_up(process.server, 500)
    generator.read(process.server, WARM_UP_SECONDS)  # all tasks, so that none is read from the database
    return {"start_ms": process.started_ms, "constant": generator.read(process.server, seconds, CACHED_RATE)}


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all in turns and return the figures, with the verdict on each bar."""
    load_average = os.getloadavg()[0]
    load = gobuild.build(gobuild.SOURCES / "load", ".", folder / "load")
    wanted = options.only or gorender.all_capabilities()
    with surroundings(load) as around:
        direct = [name for name in wanted if name != "redis"]
        rendered, capabilities = service(folder / "service", around, direct, options.logger)
        plan = [(floor(folder, around), turn), (rendered, turn)]
        if direct != wanted:
            plan.append((service(folder / "cached", around, wanted, options.logger)[0], cached_turn))
        generator = Generator(load, folder, prepare(rendered, folder / "log"))
        turns: dict[str, list[dict[str, Any]]] = {server.name: [] for server, _ in plan}
        for _ in range(options.rounds):
            for server, measured in plan:
                with running(server, folder / "log") as process:
                    turns[server.name].append(measured(process, generator, options.seconds))
    figures = {server.name: merged(turns[server.name]) | {"binary_mb": server.size_mb} for server, _ in plan}
    return {
        **figures,
        "bars": judged(figures),
        "capabilities": list(capabilities),
        "turns": turns,
        "machine": {"cores": os.cpu_count(), "load_before": round(load_average, 1)},
    }


def main(arguments: list[str]) -> int:
    """Measure and print; return 1 when the service misses a bar."""
    parser = argparse.ArgumentParser(description="Measures a rendered service beside a bare one.")
    parser.add_argument("--json", action="store_true", help="print JSON with all figures of all turns")
    parser.add_argument("--seconds", type=float, default=10, help="length of each of the three runs of a turn")
    parser.add_argument("--rounds", type=int, default=2, help="how often both are measured")
    parser.add_argument("--logger", choices=["logrus", "zap"], default="logrus", help="log backend of the service")
    parser.add_argument("--only", type=lambda text: text.split(","), help="capabilities, by default all")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="goldpath-bench-") as name:
        figures = measure(Path(name), options)
    print(json.dumps(figures, indent=2) if options.json else printed(figures))
    return 0 if all(bar["verdict"] != "FAIL" for bar in figures["bars"]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
