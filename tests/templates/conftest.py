"""Renders of the real library, and the Go toolchain that judges them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scaffolder import library as libraries
from scaffolder.library import Library
from scaffolder.library.composition import composed_tree, write_live
from scaffolder.rendering.service import render_with
from tests.engines import postgres, redis
from tests.templates.promtool import Promtool, build
from tests.templates.sets import answers_for, built, tested

BLANK = "template:default/go-blank-service"
# Without paths of folders in them, packages that renders share are compiled once.
GOFLAGS = "-buildvcs=false -trimpath"
_rendered: set[str] = set()
ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("GOLDPATH_TEST_CACHE", ROOT / ".cache"))
GOLANGCI_LINT = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.13.1"


@dataclass
class GoTree:
    """A folder of Go code, and how to run tools in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, **extra: str) -> str:
        """Run a command in the folder and return its output; a failure fails the test with the output."""
        code, output = self.attempt(*command, **extra)
        assert code == 0, f"{' '.join(command)} in {self.folder.name}:\n{output[-6000:]}"
        return output

    def attempt(self, *command: str, **extra: str) -> tuple[int, str]:
        """Run a command in the folder and return its exit code and its output."""
        environment = {
            **os.environ,
            "GOFLAGS": "-buildvcs=false -trimpath",
            "CGO_ENABLED": _cgo(),
            **self.environment,
            **extra,
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,
        )
        return done.returncode, done.stdout


def has_race_detector() -> bool:
    """The race detector needs a C compiler; without one the tests run without it, and say so."""
    return shutil.which("gcc") is not None or shutil.which("cc") is not None


def race() -> list[str]:
    """Return the flag of the race detector where it works."""
    if has_race_detector():
        return ["-race"]
    sys.stderr.write("NOT TESTED: data races. There is no C compiler, so the Go tests run without the race detector.\n")
    return []


def _cgo() -> str:
    return "1" if has_race_detector() else "0"


@pytest.fixture(scope="session")
def go() -> str:
    """Put the locked Go toolchain first on PATH and return its path."""
    own = Path(sys.executable).parent
    os.environ["PATH"] = f"{own}{os.pathsep}{os.environ['PATH']}"
    os.environ["GOTOOLCHAIN"] = "local"
    found = shutil.which("go")
    if found is None:
        pytest.fail("There is no Go toolchain: make dev")
    root = subprocess.run([found, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    os.environ["PATH"] = f"{root}/bin{os.pathsep}{os.environ['PATH']}"  # gofmt lies beside the real go
    return found


@pytest.fixture(scope="session")
def go_library() -> Library:
    """The library under templates/go."""
    return libraries.load(ROOT / "templates" / "go")


def answers(**more: Any) -> dict[str, Any]:
    """Return valid answers to the blank service's form."""
    base = {"name": "ledger", "description": "Keeps “books” & more", "owner": "group:default/payments"}
    return {**base, "lifecycle": "experimental", "logger": "logrus", "rest": True, "system": "checkout", **more}


@pytest.fixture(scope="session", params=built())
def service(request: pytest.FixtureRequest, go: str, go_library: Library, stable: Path) -> GoTree:
    """One rendered service for each set, at a stable path so that Go's cache hits."""
    return render_set(request.param, go_library, stable)


@pytest.fixture(scope="session", params=tested())
def tested_service(request: pytest.FixtureRequest, go: str, go_library: Library, stable: Path) -> GoTree:
    """One rendered service for each set whose tests run."""
    return render_set(request.param, go_library, stable)


def render_set(name: str, go_library: Library, stable: Path) -> GoTree:
    """Render the blank service with a set of capabilities, unless this run has done so."""
    folder = stable / name
    if name not in _rendered:
        shutil.rmtree(folder, ignore_errors=True)
        render_with(go_library, BLANK, answers(**answers_for(name)), folder)
        _rendered.add(name)
    return GoTree(folder)


@pytest.fixture(scope="session")
def live(go: str, go_library: Library, stable: Path) -> GoTree:
    """The unrendered tree with every capability."""
    folder = stable / "live"
    shutil.rmtree(folder, ignore_errors=True)
    template = go_library.templates[BLANK]
    write_live(composed_tree(go_library, template, tuple(go_library.capabilities)), folder)
    return GoTree(folder)


@pytest.fixture(scope="session")
def stable() -> Path:
    """A folder that is the same in every run."""
    CACHE.mkdir(exist_ok=True)
    folder = CACHE / "renders"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def engines() -> Iterator[dict[str, str]]:
    """Real PostgreSQL and Redis servers, as the environment that the tests of a render look for."""
    with postgres() as database, redis() as cache:
        yield {
            "TEST_POSTGRES_DSN": f"{database}?sslmode=disable",
            "TEST_REDIS_URL": cache,
            "TEST_REQUIRE_DEPS": "1",
        }


@pytest.fixture(scope="session")
def golangci_lint(go: str) -> str:
    """Build the linter once per version, and return its path."""
    folder = CACHE / "bin" / GOLANGCI_LINT.rpartition("@")[2]
    if not (folder / "golangci-lint").exists():
        environment = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
        subprocess.run([go, "install", GOLANGCI_LINT], env=environment, check=True, timeout=2000)
    return str(folder / "golangci-lint")


@pytest.fixture(scope="session")
def promtool(go: str) -> Promtool:
    """Prometheus' judge of rules and expressions, built once per version."""
    return Promtool(build(go, CACHE))
