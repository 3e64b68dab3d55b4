"""Renders composed templates with cookiecutter, in a process of its own. Nothing else imports cookiecutter.

This module knows neither Django nor the database. It is run as a server that the portal starts once per process: it
loads cookiecutter and keeps compiled templates warm, then forks one child per render. The child has limits, no
environment, no network and a sandboxed Jinja; its values are data that cookiecutter never evaluates, because
`generate_files` gets the finished context.

Protocol: over the control socket (standard input) arrives one byte with one socket. On that socket the client sends
one line of JSON (`template`, `context`, `output`, `seconds`) and reads one line: `{"ok": true}` or `{"error":
"..."}`. The end of that stream says that the child is gone.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import resource
import select
import signal
import socket
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cookiecutter.generate
import cookiecutter.utils
from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scaffolder import sandbox
from scaffolder.sandbox import MEGABYTE
from scaffolder.syntax import JINJA_ENV, OPENINGS, TOP_FOLDER

KEPT_WARM = 16
REQUEST_BYTES = 2 * MEGABYTE
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LIMITS = {
    resource.RLIMIT_FSIZE: 16 * MEGABYTE,
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_AS: 1024 * MEGABYTE,
}


class WarmEnvironment(ImmutableSandboxedEnvironment):
    """Cookiecutter's environment, sandboxed and without its extensions, holding the compiled files of one template.

    Cookiecutter makes a new environment and a new loader per render; this one is handed out instead, and looks files up
    by name only, because a composed template never changes. Jinja computes constants while it compiles, in the
    server: the operators that can take for ever are kept for the child.
    """

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, auto_reload=False, **JINJA_ENV)
        self.files: dict[str, Template] = {}
        self.texts: dict[str, Template] = {}

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Template:
        """Return the compiled file `name`."""
        if name not in self.files:
            self.files[name] = super().get_template(name)
        return self.files[name]

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Any:
        """Return the compiled text: cookiecutter compiles every path of a template, and all but one are plain."""
        if not any(opening in source for opening in OPENINGS):
            return PlainText(source)
        if source not in self.texts:
            self.texts[source] = super().from_string(source)
        return self.texts[source]


@dataclass
class PlainText:
    """A text without template syntax, which renders as itself."""

    text: str

    def render(self, **_: Any) -> str:
        """Return the text."""
        return self.text


@dataclass
class WarmTemplate:
    """A composed template with everything about its files that stays the same from render to render."""

    environment: WarmEnvironment
    settings: dict[str, Any]
    binary: dict[str, bool]


def warm_up(template: str) -> WarmTemplate:
    """Compile every file of the template folder `template` and every path; a fault in one raises TemplateError."""
    environment = WarmEnvironment()
    top = Path(template, TOP_FOLDER)
    environment.loader = FileSystemLoader([top])
    environment.from_string(TOP_FOLDER)
    settings = _settings(template)
    binary: dict[str, bool] = {}
    newlines: set[object] = set()
    for place in sorted(top.rglob("*")):
        path = place.relative_to(top).as_posix()
        _check_entry(place, path)
        if place.is_dir() or cookiecutter.generate.is_copy_only_path(path, {"cookiecutter": settings}):
            continue
        binary[path] = cookiecutter.generate.is_binary(str(place))
        if not binary[path]:
            environment.get_template(path)
            newlines.add(_newline(place))
    if newlines <= {"\n", None}:
        settings["_new_lines"] = "\n"  # what cookiecutter would find by opening every file again
    return WarmTemplate(environment, settings, binary)


def _newline(path: Path) -> object:
    with path.open(encoding="utf-8") as file:
        file.read()
    return file.newlines


def _check_entry(place: Path, path: str) -> None:
    """Refuse what cookiecutter would follow out of the template or write outside of the output."""
    if place.is_symlink():
        raise TemplateError(f"{path} is a link; links are not allowed in a template")
    if any(opening in path for opening in OPENINGS):
        raise TemplateError(f"{path}: the names of files are fixed, only their content may vary")


def _settings(template: str) -> dict[str, Any]:
    """Return cookiecutter.json, which must hold this renderer's own syntax and nothing that imports code."""
    settings: dict[str, Any] = json.loads(Path(template, "cookiecutter.json").read_text(encoding="utf-8"))
    private = {key for key in settings if key.startswith("_")}
    if settings.get("_jinja2_env_vars") != JINJA_ENV or not private <= {"_jinja2_env_vars", "_copy_without_render"}:
        raise TemplateError("cookiecutter.json has settings that are not allowed")
    return settings


def render(template: str, warm: WarmTemplate, context: dict[str, Any], output: str) -> None:
    """Render the template folder into `output`, by cookiecutter with a finished context and without hooks."""
    cookiecutter.utils.StrictEnvironment = lambda **_: warm.environment
    cookiecutter.generate.is_binary = lambda path: warm.binary[path]
    if not _NAME.fullmatch(str(context["name"])):
        raise ValueError
    values = {key: value for key, value in context.items() if not key.startswith("_")}
    cookiecutter.generate.generate_files(
        template,
        context={"cookiecutter": {**warm.settings, **values}},
        output_dir=output,
        accept_hooks=False,
        keep_project_on_failure=True,
    )


def explain(error: BaseException) -> str:
    """Return what went wrong as one line about the template, without machine paths or values."""
    if isinstance(error, TemplateError):
        place = f"{getattr(error, 'name', None) or 'a template file'} line {getattr(error, 'lineno', '?')}"
        return f"{type(error).__name__} in {place}: {error.message}"
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror}"
    cause = getattr(error, "error", None)
    return f"{type(error).__name__}: {getattr(cause, 'message', None) or getattr(error, 'message', '') or 'no details'}"


class Server:
    """Accepts requests one after the other, keeps templates warm, and forks a child for each."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.warm: OrderedDict[str, WarmTemplate] = OrderedDict()
        self.children: dict[int, float] = {}
        self.woken, self.waker = socket.socketpair()
        for end in (self.woken, self.waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self.waker.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Serve until the portal closes the control socket, then end what still runs."""
        while True:
            ready, _, _ = select.select([self.control, self.woken], [], [], self._patience())
            if self.woken in ready:
                with contextlib.suppress(BlockingIOError):
                    self.woken.recv(4096)
            self._bury()
            if self.control in ready and not self._accept():
                break
        for child in self.children:
            _kill_group(child)

    def _patience(self) -> float | None:
        if not self.children:
            return None
        return max(0.0, min(self.children.values()) - time.monotonic())

    def _bury(self) -> None:
        now = time.monotonic()
        for child, deadline in list(self.children.items()):
            if deadline <= now:
                _kill_group(child)
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                _kill_group(child)
                os.waitpid(child, 0)
                del self.children[child]

    def _accept(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self.control, 1, 1)
        if not message:
            return False
        for descriptor in descriptors:
            with socket.socket(fileno=descriptor) as client:
                self._serve(client)
        return True

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(10)
        try:
            with client.makefile("rb") as stream:
                request = json.loads(stream.readline(REQUEST_BYTES))
            warm = self._warmed(request["template"])
        except (TemplateError, OSError, ValueError) as error:
            _answer(client, {"error": explain(error)})
            return
        if "output" not in request:
            _answer(client, {"ok": True})
            return
        child = os.fork()
        if child == 0:
            self._leave(client)
            _be_the_child(client, request, warm)
        self.children[child] = time.monotonic() + float(request["seconds"])

    def _warmed(self, template: str) -> WarmTemplate:
        if template in self.warm:
            self.warm.move_to_end(template)
            return self.warm[template]
        self.warm[template] = warm_up(template)
        if len(self.warm) > KEPT_WARM:
            self.warm.popitem(last=False)
        gc.collect()
        gc.freeze()
        return self.warm[template]

    def _leave(self, client: socket.socket) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (self.control, self.woken, self.waker):
            end.close()
        client.setblocking(True)


def _be_the_child(client: socket.socket, request: dict[str, Any], warm: WarmTemplate) -> None:
    """Render under limits, answer, and end the process without running anything that the server had planned."""
    code = 1
    try:
        _confine(request)
        render(request["template"], warm, request["context"], request["output"])
        _answer(client, {"ok": True})
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the portal must hear of it
        with contextlib.suppress(OSError):
            _answer(client, {"error": explain(error)})
    finally:
        os._exit(code)


def _confine(request: dict[str, Any]) -> None:
    os.setpgid(0, 0)
    os.umask(0o022)
    os.environ.clear()
    gc.disable()
    sandbox.die_with_parent()
    sandbox.keep_to(readable=[request["template"], sys.prefix, sys.base_prefix], writable=[request["output"]])
    sandbox.limit({**_LIMITS, resource.RLIMIT_CPU: int(request["seconds"]) + 1})


def _kill_group(child: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)


def _answer(client: socket.socket, message: dict[str, Any]) -> None:
    client.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    """Serve on the control socket at standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.leave_the_network()
    sandbox.limit({resource.RLIMIT_AS: _LIMITS[resource.RLIMIT_AS]})
    os.umask(0o022)
    with socket.socket(fileno=os.dup(0)) as control:
        Server(control).run()


if __name__ == "__main__":
    main()
