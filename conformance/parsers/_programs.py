"""Runs the judges that are programs: nothing but the content goes in, and nothing of them stays behind."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from conformance.examining.parser import ParseError, ToolMissingError

MOST_OUTPUT = 8 * 1024 * 1024
SECONDS = 10.0
"""How long a judge may take; less than `Parser.seconds` of the judges, so that it is ended from here."""

_LIMITS = (
    "/bin/sh",
    "-c",
    f'ulimit -c 0 && ulimit -f {MOST_OUTPUT // 512} && ulimit -t {SECONDS + 1:.0f} && exec "$@"',
    "judge",
)
"""Set before the program begins, so that it ends and fills no disk should this process be killed."""
_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended: its exit code and what it wrote."""

    code: int
    out: bytes
    err: bytes


def executable(name: str) -> str:
    """Return the path of the program: beside this Python first, then on PATH; ToolMissingError when it is nowhere."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(name)
    if found is None:
        raise ToolMissingError(f"{name} is not installed")
    return found


def version_of(name: str, package: str) -> str:
    """Return the program's version: its package's where the package has it, else what it says itself, else `absent`."""
    try:
        program = executable(name)
        if Path(program).parent == Path(sys.executable).parent:
            return version(package)
    except ToolMissingError:
        return "absent"
    except PackageNotFoundError:
        pass
    try:
        said = _VERSION.search(run(name, ["--version"]).out.decode(errors="replace"))
    except (OSError, TimeoutError, ParseError):
        return "unknown"
    return said[0] if said else "unknown"


def run(name: str, arguments: Sequence[str], *, stdin: bytes = b"", files: Mapping[str, bytes] | None = None) -> Ran:
    """Run the program in a private folder with `files` in it, and an environment that names nothing else.

    It is ended with everything it started after SECONDS (TimeoutError). ParseError when it writes too much.
    """
    program = executable(name)
    with tempfile.TemporaryDirectory(prefix="goldpath-judge-") as private:
        for path, content in (files or {}).items():
            target = Path(private, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return _run([program, *arguments], private, stdin)


def _run(command: Sequence[str], private: str, stdin: bytes) -> Ran:
    # Files, not pipes: their size is limited, and nothing has to be read while the program runs.
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin)
        given.seek(0)
        process = subprocess.Popen(
            [*_LIMITS, *command],
            stdin=given,
            stdout=out,
            stderr=err,
            cwd=private,
            env=_environment(private),
            start_new_session=True,
        )
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{Path(command[0]).name} took more than {SECONDS:.0f} s") from None
        finally:
            _kill(process)
        if out.seek(0, os.SEEK_END) >= MOST_OUTPUT:
            raise ParseError(f"{Path(command[0]).name} has too much to say about it.")
        out.seek(0)
        err.seek(0)
        return Ran(code, out.read(), err.read(64 * 1024))


def _environment(private: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": private,
        "TMPDIR": private,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
