"""Runs the suite: `python -m tests.run all|sqlite|postgres|go|e2e|templates [pytest arguments]`.

`all` is what `make test` does: the suite on SQLite with coverage, the suite on PostgreSQL, the template library with
Go, and the browser. `templates` is the library's own gate, which `make templates` tells to take every set.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.engines import postgres

COVERAGE = ["--cov", "--cov-report=term:skip-covered"]
# What looks at renders and needs no Go: manifests and documents, golden trees, the level that a render reaches.
RENDERED = ("tests/templates", "tests/golden", "tests/conformance/scanning/test_mutations.py")
WORKERS = os.environ.get("GOLDPATH_TEST_WORKERS", "2")


def pytest(title: str, *arguments: str, **environment: str) -> bool:
    """Run pytest under a title, with the toolchain of the wheels first on PATH; return whether it passed."""
    sys.stdout.write(f"\n== {title}\n")
    sys.stdout.flush()
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    done = subprocess.run(command, env={**os.environ, "PATH": own, **environment}, check=False)
    return done.returncode == 0


def sqlite(arguments: Sequence[str] = ()) -> bool:
    """Run all but the Go and browser tests on SQLite, with the coverage floor."""
    return pytest("Suite on SQLite", "-n", WORKERS, "-m", "not go and not e2e", *COVERAGE, *arguments)


def on_postgres(arguments: Sequence[str] = ()) -> bool:
    """Run those of these tests on PostgreSQL that reach a database (tests/conftest.py leaves out the others)."""
    with postgres() as url:
        return pytest(
            "Suite on PostgreSQL",
            *("-n", WORKERS, "-m", "not go and not e2e"),
            *arguments,
            GOLDPATH_TEST_DATABASE_URL=url,
        )


def go(arguments: Sequence[str] = ()) -> bool:
    """Compose, build, lint and test what the template library renders."""
    return pytest("Template library", "-m", "go", "--timeout=2400", *arguments)


def templates(arguments: Sequence[str] = ()) -> bool:
    """Judge all that the template library renders: without Go first, which is quick, then with it."""
    quick = pytest("Template library, without Go", "-n", WORKERS, "-m", "not go and not e2e", *RENDERED, *arguments)
    return go(arguments) and quick


def e2e(arguments: Sequence[str] = ()) -> bool:
    """Walk the whole job in a real browser against real processes."""
    side_by_side = ("-n", WORKERS, "--dist", "loadfile")  # each file has an installation of its own
    return pytest("Browser and whole processes", "-m", "e2e", "--timeout=900", *side_by_side, *arguments)


def everything(arguments: Sequence[str] = ()) -> bool:
    """Run all of it, and go on after a failure so that one run tells everything."""
    results = [part(arguments) for part in (sqlite, on_postgres, go, e2e)]
    return all(results)


PARTS = {"all": everything, "sqlite": sqlite, "postgres": on_postgres, "go": go, "e2e": e2e, "templates": templates}

if __name__ == "__main__":
    sys.exit(0 if PARTS[sys.argv[1]](sys.argv[2:]) else 1)
