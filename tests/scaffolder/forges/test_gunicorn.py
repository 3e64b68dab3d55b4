"""Git over HTTP through gunicorn: bodies of unknown length, and clients that go away."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import connection

from portal.foundation.models import User
from portal.foundation.tokens import create_token
from scaffolder import git
from scaffolder.forges import RemoteRepository, forge
from scaffolder.models import Repository
from tests.scaffolder.forges.conftest import Client

pytestmark = pytest.mark.usefixtures("ledger")


def database_url() -> str:
    """Return the database of this test as GOLDPATH_DATABASE_URL."""
    place = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{place['NAME']}"
    host, user, password = (quote(str(place[key] or ""), safe="") for key in ("HOST", "USER", "PASSWORD"))
    return f"postgres://{user}:{password}@{host}:{place['PORT'] or 5432}/{place['NAME']}"


@pytest.fixture
def gunicorn(goldpath_home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the git door in gunicorn; yields `host:port` and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-b", address, "-k", "gthread", "--threads", "4",
         "--no-control-socket", "tests.scaffolder.forges.wsgi"],
        cwd=django_settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "portal.settings.embedded",
            "GOLDPATH_HOME": str(goldpath_home),
            "GOLDPATH_DATABASE_URL": database_url(),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    host, port = address.split(":")
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                break
        time.sleep(0.1)
    yield address, process
    process.terminate()
    process.wait(30)


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def backends(server: subprocess.Popen[bytes]) -> list[str]:
    names = []
    for child in psutil.Process(server.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end while we look
            names.append(child.name())
    return [name for name in names if name.startswith("git")]


def test_chunked_push_arrives_whole_and_rings(
    gunicorn: tuple[str, subprocess.Popen[bytes]], alice: User, client_in: Callable[[str], Client], goldpath_home: Path
) -> None:
    client = client_in("alice")
    url = f"http://alice:{create_token(alice, 'git')}@{gunicorn[0]}/git/default/ledger.git"
    client("clone", "-q", url, ".")
    content = os.urandom(5 * 1024 * 1024)
    client.commit("big.bin", content)
    client("push", "-q", "origin", "main")
    other = client_in("other")
    other("clone", "-q", url, ".")
    assert (other.folder / "big.bin").read_bytes() == content
    assert Repository.objects.get().head_commit == client("rev-parse", "HEAD").stdout.strip()
    assert len(list((goldpath_home / "broker" / "ready").glob("*.msg"))) == 1


def test_client_that_leaves_in_the_middle_of_a_push_changes_nothing(
    gunicorn: tuple[str, subprocess.Popen[bytes]], alice: User, ledger: RemoteRepository
) -> None:
    folder = Path(forge("local").push_target(ledger).url)
    before = git.refs(folder)
    host, port = gunicorn[0].split(":")
    import base64

    credentials = base64.b64encode(f"alice:{create_token(alice, 'git')}".encode()).decode()
    head = (
        "POST /git/default/ledger.git/git-receive-pack HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Basic {credentials}\r\n"
        "Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as leaving:
        leaving.sendall(head.encode() + b"00")
        assert wait_for(lambda: bool(backends(gunicorn[1])))
    assert wait_for(lambda: not backends(gunicorn[1]))
    assert git.refs(folder) == before


def test_client_that_leaves_in_the_middle_of_a_clone_leaves_no_process_behind(
    gunicorn: tuple[str, subprocess.Popen[bytes]], alice: User, client_in: Callable[[str], Client]
) -> None:
    client = client_in("alice")
    url = f"http://alice:{create_token(alice, 'git')}@{gunicorn[0]}/git/default/ledger.git"
    client("clone", "-q", url, ".")
    client.commit("big.bin", os.urandom(20 * 1024 * 1024))
    client("push", "-q", "origin", "main")
    wanted = client("rev-parse", "HEAD").stdout.strip()
    body = f"0032want {wanted}\n00000009done\n".encode()
    host, port = gunicorn[0].split(":")
    head = (
        "POST /git/default/ledger.git/git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/x-git-upload-pack-request\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as leaving:
        leaving.sendall(head.encode() + body)
        assert leaving.recv(1000).startswith(b"HTTP/1.1 200")
        assert wait_for(lambda: bool(backends(gunicorn[1])))
    assert wait_for(lambda: not backends(gunicorn[1]))
