"""The Go caches that all verifications share: locked while in use, bounded in size."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from portal.foundation import home

MEGABYTE = 1024 * 1024
TRIM_TO = 0.8


@contextlib.contextmanager
def locked(name: str, *, shared: bool = False) -> Iterator[int | None]:
    """Hold the lock `name` of the Go caches and yield its descriptor; None when somebody else holds it."""
    path = home.folder("cache", "go", "locks") / name
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def trim() -> int:
    """Bring the caches under GOLDPATH_GO_CACHE_MB and return how many bytes went.

    The least recently used results go first; downloaded modules only go, all of them, when they alone are too large.
    Nothing is touched while a verification runs.
    """
    with locked("use") as lock:
        return _trim(settings.GOLDPATH_GO_CACHE_MB * MEGABYTE) if lock is not None else 0


def _trim(limit: int) -> int:
    results = sorted(_files(home.folder("cache", "go", "build")))
    modules = sum(size for _, size, _ in _files(home.folder("cache", "go", "mod")))
    before = total = modules + sum(size for _, size, _ in results)
    if total <= limit:
        return 0
    if modules > limit:
        _remove_modules()
        total -= modules
    for _, size, path in results:
        if total <= limit * TRIM_TO:
            break
        path.unlink(missing_ok=True)
        total -= size
    return before - total


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with contextlib.suppress(FileNotFoundError):
                status = path.lstat()
                yield status.st_mtime, status.st_size, path


def _remove_modules() -> None:
    folder = home.folder("cache", "go", "mod")
    for parent, _, _ in os.walk(folder):
        Path(parent).chmod(stat.S_IRWXU)  # go makes the folders of its module cache read-only
    shutil.rmtree(folder)
