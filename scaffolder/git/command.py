"""Runs git: a fixed argument list, a closed environment, a timeout, and errors without machine paths."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from portal.foundation.errors import GoldpathError
from portal.foundation.redaction import redact

CONFIGURATION = Path(__file__).with_name("hardened.gitconfig")
SECONDS = 60.0
_PASSED_ON = ("PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
_SHOWN = 600


class GitError(GoldpathError):
    """Git refused or failed; the message is its own, redacted."""

    name = "GitError"
    status = 502


def environment(extra: Mapping[str, str] | None = None, *, protocols: str = "") -> dict[str, str]:
    """Return the environment that git runs in: nothing of the machine's own configuration, no prompts.

    `protocols` are the transports that this call may use, separated by colons; none by default.
    """
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed,
        "LC_ALL": "C.UTF-8",
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(CONFIGURATION),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": protocols or "none",
        **(extra or {}),
    }


def run(
    arguments: Sequence[str],
    *,
    repository: Path,
    data: bytes | None = None,
    protocols: str = "",
    extra: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    hidden: Sequence[str] = (),
) -> bytes:
    """Run `git <arguments>` on a bare repository and return what it printed.

    `data` is its standard input, `extra` more variables of its environment, `hidden` texts that no error may show. A
    failure, and more than `seconds`, raise GitError.
    """
    process = subprocess.Popen(
        ["git", f"--git-dir={repository}", *arguments],
        stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(extra, protocols=protocols),
        cwd=repository,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(data, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took more than {seconds:.0f} s and was stopped.") from None
    finally:
        end(process)
    if process.returncode:
        raise GitError(f"git {arguments[0]} failed: {explain(errors, [str(repository), *hidden])}")
    return output


def run_capped(
    arguments: Sequence[str], *, repository: Path, limit: int, seconds: float = SECONDS
) -> tuple[bytes, bool]:
    """Run git as `run` does, but read at most `limit` bytes; also return whether there was more."""
    process = subprocess.Popen(
        ["git", f"--git-dir={repository}", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd=repository,
        start_new_session=True,
    )
    timer = killed_after(seconds, process)
    try:
        assert process.stdout is not None  # noqa: S101 - stdout is a pipe
        output = process.stdout.read(limit + 1)
    finally:
        timer.cancel()
        end(process)
    if process.returncode > 0:
        raise GitError(f"git {arguments[0]} failed.")
    return output[:limit], len(output) > limit


def killed_after(seconds: float, process: subprocess.Popen[bytes]) -> threading.Timer:
    """Start and return a timer that kills the process and its helpers; who waits for it then sees the end."""
    timer = threading.Timer(seconds, _kill, [process])
    timer.daemon = True
    timer.start()
    return timer


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a git process and of its helpers, and release its pipes."""
    if process.poll() is None:
        _kill(process)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def explain(errors: bytes, hidden: Sequence[str]) -> str:
    """Return git's complaint as text for people: short, without secrets, without the `hidden` texts."""
    text = errors.decode("utf-8", "replace").strip()
    for secret in hidden:
        text = text.replace(secret, "the repository")
    return redact(text)[:_SHOWN] or "it gave no reason"
