"""Builds what the benchmarks of rendered services run, with the Go toolchain of the virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "go"
# As the Dockerfile of a rendered service builds it.
RELEASE = ["-tags=nomsgpack", "-trimpath", "-ldflags=-s -w"]


def environment() -> dict[str, str]:
    """Return the environment in which Go runs: the locked toolchain first, no C."""
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": own, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false", "CGO_ENABLED": "0"}


def build(module: Path, package: str, binary: Path, *flags: str) -> Path:
    """Build a package of a module, and return the binary."""
    run(module, "go", "build", *flags, "-o", str(binary), package)
    return binary


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder and return its output; a failure ends the benchmark with what it said."""
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} in {folder.name}: {done.stderr[-3000:]}{done.stdout[-3000:]}")
    return done.stdout
