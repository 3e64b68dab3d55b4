"""The render server from the inside: what it keeps warm, how it answers, what it buries."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cookiecutter.generate
import cookiecutter.utils
import pytest
from cookiecutter.exceptions import UndefinedVariableInTemplate
from jinja2 import TemplateError, UndefinedError

from scaffolder import library
from scaffolder import render as renderer
from scaffolder.syntax import TOP_FOLDER
from tests.scaffolder.fixture_library import REF, write_library

CONTEXT = dict.fromkeys((*library.context.KEYS, "postgres"), "x")


@pytest.fixture(autouse=True)
def unpatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give cookiecutter its own names back after each test: the renderer replaces them in its own process."""
    monkeypatch.setattr(cookiecutter.utils, "StrictEnvironment", cookiecutter.utils.StrictEnvironment)
    monkeypatch.setattr(cookiecutter.generate, "is_binary", cookiecutter.generate.is_binary)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    loaded = library.load(write_library(tmp_path / "library"))
    return library.compose(loaded, loaded.templates[REF], []).directory


@pytest.fixture
def server() -> Iterator[tuple[renderer.Server, socket.socket]]:
    """A server in this process, and the client's end of its control socket."""
    ours, theirs = socket.socketpair()
    before = signal.getsignal(signal.SIGCHLD)
    made = renderer.Server(theirs)
    yield made, ours
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, before)
    for end in (ours, theirs, made.woken, made.waker):
        end.close()


def ask(control: socket.socket, message: dict[str, Any] | bytes) -> dict[str, Any] | None:
    """Hand one request over and return the answer; None when the server ended without one."""
    mine, its = socket.socketpair()
    with mine:
        with its:
            socket.send_fds(control, [b"r"], [its.fileno()])
        mine.sendall(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n")
        with mine.makefile("rb") as stream:
            line = stream.readline()
            with contextlib.suppress(ConnectionError):
                stream.read()
    return json.loads(line) if line else None


def served(pair: tuple[renderer.Server, socket.socket], act: Callable[[socket.socket], Any]) -> Any:
    """Run the server here while `act` talks to it from a thread; returns what `act` did."""
    made, control = pair
    results: list[Any] = []

    def talk() -> None:
        try:
            results.append(act(control))
        finally:
            control.close()

    thread = threading.Thread(target=talk)
    thread.start()
    made.run()
    thread.join(60)
    return results[0]


def test_warm_template_renders_without_compiling_again(template: Path, tmp_path: Path) -> None:
    warm = renderer.warm_up(str(template))
    compiled = dict(warm.environment.files)
    renderer.render(str(template), warm, {**CONTEXT, "name": "one"}, str(tmp_path / "out"))
    renderer.render(str(template), warm, {**CONTEXT, "name": "two", "title": "Y"}, str(tmp_path / "out"))
    assert warm.environment.files == compiled
    assert (tmp_path / "out/one/README.md").read_text(encoding="utf-8").startswith("# x")
    assert (tmp_path / "out/two/README.md").read_text(encoding="utf-8").startswith("# Y")


def test_line_ends_of_a_template_are_kept(template: Path, tmp_path: Path) -> None:
    (template / TOP_FOLDER / "dos.txt").write_bytes(b"a [[= cookiecutter.title ]]\r\nb\r\n")
    (template / TOP_FOLDER / "empty.txt").write_bytes(b"")
    warm = renderer.warm_up(str(template))
    assert "_new_lines" not in warm.settings
    renderer.render(str(template), warm, {**CONTEXT, "name": "one"}, str(tmp_path / "out"))
    assert (tmp_path / "out/one/dos.txt").read_bytes() == b"a x\r\nb\r\n"
    assert (tmp_path / "out/one/empty.txt").read_bytes() == b""


def test_binary_files_are_copied(template: Path, tmp_path: Path) -> None:
    content = b"\x89PNG\0[[= broken"
    (template / TOP_FOLDER / "logo.png").write_bytes(content)
    warm = renderer.warm_up(str(template))
    renderer.render(str(template), warm, {**CONTEXT, "name": "one"}, str(tmp_path / "out"))
    assert (tmp_path / "out/one/logo.png").read_bytes() == content


def test_errors_are_told_without_paths_and_values() -> None:
    error = TemplateError("unexpected end")
    assert renderer.explain(error) == "TemplateError in a template file line ?: unexpected end"
    assert (
        renderer.explain(OSError(28, "No space left on device", "/secret/path")) == "OSError: No space left on device"
    )
    undefined = UndefinedVariableInTemplate("Unable to create file 'x'", UndefinedError("'y' is undefined"), {"a": "b"})
    assert renderer.explain(undefined) == "UndefinedVariableInTemplate: 'y' is undefined"
    assert renderer.explain(MemoryError()) == "MemoryError: no details"


def test_server_renders_and_buries_its_child(
    server: tuple[renderer.Server, socket.socket], template: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    message = {"template": str(template), "context": {**CONTEXT, "name": "one"}, "output": str(output), "seconds": 30}
    answer = served(server, lambda control: ask(control, message))
    assert answer == {"ok": True}
    assert (output / "one/README.md").exists()


def test_server_only_warms_when_there_is_nothing_to_write(
    server: tuple[renderer.Server, socket.socket], template: Path
) -> None:
    assert served(server, lambda control: ask(control, {"template": str(template), "seconds": 1})) == {"ok": True}
    assert list(server[0].warm) == [str(template)]
    assert not server[0].children


@pytest.mark.parametrize("message", [b"not json\n", {"template": "/absent", "seconds": 1}])
def test_server_survives_wrong_requests(
    server: tuple[renderer.Server, socket.socket], template: Path, message: dict[str, Any] | bytes
) -> None:
    def talk(control: socket.socket) -> list[dict[str, Any] | None]:
        return [ask(control, message), ask(control, {"template": str(template), "seconds": 1})]

    wrong, right = served(server, talk)
    assert "error" in wrong
    assert right == {"ok": True}


def test_server_kills_a_child_that_takes_too_long(
    server: tuple[renderer.Server, socket.socket], template: Path, tmp_path: Path
) -> None:
    endless = "<%% for a in range(90000) %%><%% for b in range(90000) %%><%% endfor %%><%% endfor %%>\n"
    (template / TOP_FOLDER / "README.md").write_text(endless, encoding="utf-8")
    message = {
        "template": str(template), "context": {**CONTEXT, "name": "one"}, "output": str(tmp_path), "seconds": 0.3
    }  # fmt: skip
    assert served(server, lambda control: ask(control, message)) is None


def test_server_forgets_the_template_that_was_used_longest_ago(
    server: tuple[renderer.Server, socket.socket], template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    monkeypatch.setattr(renderer, "KEPT_WARM", 2)
    copies = [shutil.copytree(template, tmp_path / f"copy-{number}") for number in range(3)]
    for number in (0, 1, 0, 2):
        server[0]._warmed(str(copies[number]))
    assert list(server[0].warm) == [str(copies[0]), str(copies[2])]
