"""Builds, vets and tests a render."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from portal.foundation import home
from portal.foundation.errors import UnavailableError
from scaffolder.verification import process
from scaffolder.verification.caches import locked
from scaffolder.verification.process import Log, StoppedError
from scaffolder.verification.toolchain import Toolchain, environment, toolchain

SLOTS = 2
SECONDS = 1200.0
WAIT_SECONDS = 0.5
NICE = ("nice", "-n", "10")
DOWNLOAD: tuple[str, tuple[str, ...]] = ("Downloading modules", ("mod", "download"))
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Building", ("build", "./...")),
    ("Vetting", ("vet", "./...")),
    ("Testing", ("test", "-vet=off", "./...")),
)
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification came to. `reason` says why it did not pass, or why nothing could be verified.

    `verified` is False when the machine could not try (no modules) and GOLDPATH_VERIFY=auto lets the run go on.
    """

    passed: bool
    reason: str
    seconds: float
    verified: bool = True


def verify(folder: Path, log: Log, *, cancelled: Cancelled) -> VerifyReport:
    """Build, vet and test the Go module in `folder`, in a copy, and report; each line of output goes to `log`.

    Raises UnavailableError where there is no toolchain. While the caches are being warmed it waits for them:
    compiling the same packages twice at once would only take longer.
    """
    found = toolchain()
    if found is None:
        raise UnavailableError("There is no Go toolchain to verify with.")
    start = time.monotonic()
    deadline = start + SECONDS
    try:
        _wait_for_the_caches(log, cancelled, deadline)
        with locked("use", shared=True), _slot(cancelled, deadline) as (place, lock):
            shutil.copytree(folder, place, symlinks=True)
            passed, reason, verified = _all_steps(found, place, log, cancelled, lock)
    except StoppedError as error:
        passed, reason, verified = False, f"verification was stopped: {error}", True
    return VerifyReport(passed, reason, time.monotonic() - start, verified)


def go(
    found: Toolchain,
    arguments: tuple[str, ...],
    place: Path,
    log: Log,
    cancelled: Cancelled,
    lock: int,
    *,
    gently: bool = False,
) -> bool:
    """Run one Go command in `place` and return whether it succeeded; `gently` lets all else on the machine go first."""
    first = NICE if gently and shutil.which(NICE[0]) else ()
    return process.run(
        [*first, found.command, *arguments],
        folder=place,
        environment=environment(found),
        log=log,
        cancelled=cancelled,
        seconds=SECONDS,
        keep_open=[lock],
    )


def _all_steps(found: Toolchain, place: Path, log: Log, cancelled: Cancelled, lock: int) -> tuple[bool, str, bool]:
    title, arguments = DOWNLOAD
    if not go(found, arguments, place, log, cancelled, lock):
        reason = "the Go modules could not be downloaded; check the network and GOPROXY"
        if settings.GOLDPATH_VERIFY == "always":
            return False, reason, False
        log(f"Not verified: {reason}, or set GOLDPATH_VERIFY=never.")
        return True, reason, False
    for title, arguments in STEPS:
        log(f"{title}: go {' '.join(arguments)}")
        if not go(found, arguments, place, log, cancelled, lock):
            return False, f"go {arguments[0]} failed; its output is in the log of this step.", True
    return True, "", True


def _wait_for_the_caches(log: Log, cancelled: Cancelled, deadline: float) -> None:
    said = False
    while True:
        with locked("warming", shared=True) as lock:
            if lock is not None:
                return
        if not said:
            log("Waiting until the Go caches are warm; this happens once after the installation.")
            said = True
        _pause(cancelled, deadline)


@contextlib.contextmanager
def _slot(cancelled: Cancelled, deadline: float) -> Iterator[tuple[Path, int]]:
    """Yield a place to build in: always one of the same few, because Go's cache depends on the folder."""
    while True:
        for number in range(SLOTS):
            with locked(f"slot-{number}") as lock:
                if lock is None:
                    continue
                place = home.folder("cache", "go", "slots") / str(number)
                shutil.rmtree(place, ignore_errors=True)
                try:
                    yield place, lock
                finally:
                    shutil.rmtree(place, ignore_errors=True)
                return
        _pause(cancelled, deadline)


def _pause(cancelled: Cancelled, deadline: float) -> None:
    if cancelled():
        raise StoppedError("it was cancelled.")
    if time.monotonic() > deadline:
        raise StoppedError("it took too long.")
    time.sleep(WAIT_SECONDS)
