"""Looks at what a render left behind, and refuses what must not be in a service."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scaffolder.library import ComposedFile
from scaffolder.rendering.client import RenderError

MAX_FILES = 3000
MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 24
LOCK_PATH = ".goldpath/lock.json"
_GIT_ALLOWED = frozenset({".gitignore", ".gitattributes", ".gitkeep", ".github"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file of a render: its path, whether it can be executed, its size in bytes and its SHA-256."""

    path: str
    executable: bool
    size: int
    sha256: str

    @property
    def mode(self) -> str:
        """The mode as git writes it."""
        return "100755" if self.executable else "100644"


def inspect(root: Path, expected: Mapping[str, ComposedFile]) -> tuple[RenderedFile, ...]:
    """Return the files below `root`, in the order of their paths.

    Links, special files, git's own files, too many or too large ones, and anything that the composed template does not
    have (or has and is missing) raise RenderError.
    """
    found: list[RenderedFile] = []
    total = 0
    for path, entry in _walk(str(root), "", 0):
        if path not in expected:
            raise RenderError(f"The render holds {path}, which the template does not have.")
        file = _read(path, entry)
        total += file.size
        found.append(file)
        if len(found) > MAX_FILES or total > MAX_BYTES:
            raise RenderError(f"The render is larger than {MAX_FILES} files or {MAX_BYTES // 1024 // 1024} MB.")
    missing = expected.keys() - {file.path for file in found}
    if missing:
        raise RenderError(f"The render lacks {min(missing)}, which the template has.")
    return tuple(sorted(found, key=lambda file: file.path))


def _walk(folder: str, prefix: str, depth: int) -> Iterator[tuple[str, os.DirEntry[str]]]:
    if depth > MAX_DEPTH:
        raise RenderError(f"The render nests folders more than {MAX_DEPTH} deep.")
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            _check_name(path, entry.name)
            if entry.is_symlink():
                raise RenderError(f"The render holds the link {path}; links are not allowed.")
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{path}/", depth + 1)
            else:
                yield path, entry


def _check_name(path: str, name: str) -> None:
    if _CONTROL.search(name) or not name.isprintable():
        raise RenderError(f"The render holds a file whose name has control characters: {path!r}.")
    if name.lower().startswith(".git") and name not in _GIT_ALLOWED:
        raise RenderError(f"The render holds {path}, which would change how git behaves.")


def _read(path: str, entry: os.DirEntry[str]) -> RenderedFile:
    descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise RenderError(f"The render holds {path}, which is not an ordinary file.")
        if status.st_size > MAX_BYTES:
            raise RenderError(f"The render holds {path}, which is larger than {MAX_BYTES // 1024 // 1024} MB.")
        content = os.read(descriptor, status.st_size + 1)
    finally:
        os.close(descriptor)
    if len(content) != status.st_size:
        raise RenderError(f"The render's {path} changed while it was read.")
    return RenderedFile(path, bool(status.st_mode & 0o100), len(content), hashlib.sha256(content).hexdigest())
