"""Fills the Go caches in the background, so that the first run does not wait for downloads and compilers."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from django.utils import timezone

from portal.foundation import home
from scaffolder import library, rendering
from scaffolder.library import Library
from scaffolder.verification.caches import locked
from scaffolder.verification.process import Log, StoppedError
from scaffolder.verification.toolchain import Toolchain, toolchain
from scaffolder.verification.verifying import DOWNLOAD, STEPS, go

SAMPLE = {
    "name": "warm-up",
    "description": "Fills the caches",
    "owner": "group:default/platform",
    "lifecycle": "experimental",
}


@dataclass(frozen=True, slots=True)
class WarmProgress:
    """How far warming is: `state` is running, ready, failed or skipped; `done` counts steps of `total`."""

    state: str
    message: str
    done: int = 0
    total: int = 0
    updated_at: str = ""


def warm(log: Log) -> None:
    """Download and build what the library's templates need, once per library and toolchain; progress goes to a file.

    Returns at once where there is no toolchain, and where another process warms already.
    """
    found = toolchain()
    if found is None:
        _note(WarmProgress("skipped", "There is no Go toolchain here; services are not verified."))
        return
    with locked("warming") as lock, locked("use", shared=True):
        if lock is None:
            return
        loaded = library.load()
        mark = {"library": loaded.digest, "go": found.version}
        if _marked() == mark:
            _note(WarmProgress("ready", "The Go caches are warm."))
        elif _warm_all(found, loaded, log, lock):
            _mark_file().write_text(json.dumps(mark), encoding="utf-8")


def warm_progress() -> WarmProgress | None:
    """Return how far warming is, or None when it never started here."""
    try:
        return WarmProgress(**json.loads(_progress_file().read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _warm_all(found: Toolchain, loaded: Library, log: Log, lock: int) -> bool:
    steps = [DOWNLOAD, *STEPS]
    total = len(steps) * len(loaded.templates)
    done = 0
    try:
        for ref, template in loaded.templates.items():
            place = _rendered(loaded, ref)
            try:
                for title, arguments in steps:
                    message = f"{title} for {template.title}"
                    _note(WarmProgress("running", message, done, total))
                    log(message)
                    if not go(found, arguments, place, log, lambda: False, lock, gently=True):
                        _note(WarmProgress("failed", f"{message} failed; the next run tries again.", done, total))
                        return False
                    done += 1
            finally:
                shutil.rmtree(place.parent, ignore_errors=True)
    except StoppedError as error:
        _note(WarmProgress("failed", f"Warming was stopped: {error}", done, total))
        return False
    _note(WarmProgress("ready", "The Go caches are warm.", done, total))
    return True


def _rendered(loaded: Library, ref: str) -> Path:
    place = Path(tempfile.mkdtemp(prefix="warm-", dir=home.folder("cache", "go", "tmp"))) / "service"
    everything = dict.fromkeys(loaded.capabilities, True)
    rendering.render_with(loaded, ref, {**SAMPLE, **everything}, place)
    return place


def _note(progress: WarmProgress) -> None:
    path = _progress_file()
    draft = path.with_suffix(".draft")
    stamped = {**asdict(progress), "updated_at": timezone.now().isoformat()}
    draft.write_text(json.dumps(stamped), encoding="utf-8")
    draft.replace(path)


def _progress_file() -> Path:
    return home.folder("run") / "warm.json"


def _mark_file() -> Path:
    return home.folder("cache", "go") / "warm.json"


def _marked() -> dict[str, str] | None:
    try:
        mark: dict[str, str] = json.loads(_mark_file().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return mark
