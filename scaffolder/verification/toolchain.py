"""Finds a Go toolchain that is new enough, and says in which environment it runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from portal.foundation import home
from portal.foundation.errors import UnavailableError
from scaffolder import library
from scaffolder.library import gomod

_VERSION = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?")
_ASKED = ("GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE")
_PASSED_ON = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Go toolchain: its command, its version (`go1.26.6`), and where it gets modules from."""

    command: str
    version: str
    modules: tuple[tuple[str, str], ...]


def go_toolchain() -> str | None:
    """Return the version of the Go toolchain that renders are verified with, or None when they are not.

    With GOLDPATH_VERIFY=always a machine without one raises UnavailableError.
    """
    found = toolchain()
    return found.version if found else None


def toolchain() -> Toolchain | None:
    """Return the toolchain, as `go_toolchain` does."""
    if settings.GOLDPATH_VERIFY == "never":
        return None
    found = _find(os.environ.get("PATH", ""), _needed())
    if found is None and settings.GOLDPATH_VERIFY == "always":
        raise UnavailableError("GOLDPATH_VERIFY is always, but there is no Go toolchain that is new enough.")
    return found


def environment(found: Toolchain) -> dict[str, str]:
    """Return the variables that Go runs with: shared caches under the data folder, nobody's own setup."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    tools = str(Path(found.command).parent)
    return {
        **passed,
        **dict(found.modules),
        "PATH": os.pathsep.join([tools, os.environ.get("PATH", os.defpath)]),
        "HOME": str(home.folder("cache", "go", "home")),
        "TMPDIR": str(home.folder("cache", "go", "tmp")),
        "GOPATH": str(home.folder("cache", "go", "path")),
        "GOMODCACHE": str(home.folder("cache", "go", "mod")),
        "GOCACHE": str(home.folder("cache", "go", "build")),
        "GOENV": "off",
        "GOFLAGS": "-buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",
        "LC_ALL": "C.UTF-8",
    }


def _needed() -> tuple[int, ...]:
    superset = library.load().root / gomod.FOLDER / f"{gomod.SUPERSET}.mod"
    if not superset.is_file():
        return (0,)
    return _numbers(
        "go" + gomod.parse(superset.read_text(encoding="utf-8"), gomod.SUPERSET).directives.get("go", "0.0")
    )


@lru_cache(maxsize=8)
def _find(path: str, needed: tuple[int, ...]) -> Toolchain | None:
    beside_python = str(Path(sys.executable).parent)
    for place in (path, beside_python):
        command = shutil.which("go", path=place)
        asked = _ask(command) if command else None
        if asked is not None and _numbers(asked.version) >= needed:
            return asked
    return None


def _ask(command: str) -> Toolchain | None:
    """Ask a toolchain for its version and its settings, which may come from the person's own configuration."""
    try:
        done = subprocess.run(
            [command, "env", "-json", "GOVERSION", *_ASKED],
            capture_output=True,
            timeout=30,
            check=True,
            cwd="/",
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
        answers: dict[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    modules = tuple((name, answers[name]) for name in _ASKED if answers.get(name))
    return Toolchain(command, answers.get("GOVERSION", ""), modules)


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    return tuple(int(number or 0) for number in found.groups()) if found else (0,)
