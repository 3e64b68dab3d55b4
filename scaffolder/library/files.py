"""Files of a library: found, fingerprinted, sorted out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

IGNORED_NAMES = frozenset({".DS_Store", "__pycache__", ".idea", ".vscode"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the library: where it goes in a render, its content and whether it can be executed."""

    path: str
    source: Path
    content: bytes
    executable: bool

    @property
    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield everything below `folder` but folders and editors' leftovers, in a stable order; links are not followed."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name in IGNORED_NAMES:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path))
        else:
            yield entry


def read(folder: Path, *, prefix: str = "") -> Iterator[SourceFile]:
    """Yield the regular files below `folder`; `prefix` goes before their path."""
    for entry in walk(folder):
        if entry.is_file(follow_symlinks=False):
            path = Path(entry.path)
            relative = prefix + path.relative_to(folder).as_posix()
            executable = bool(entry.stat(follow_symlinks=False).st_mode & 0o100)
            yield SourceFile(relative, path, path.read_bytes(), executable)


def signature(folder: Path) -> int:
    """Return a number that changes when a file below `folder` comes, goes or is written; no file is read."""
    parts = []
    for entry in walk(folder):
        status = entry.stat(follow_symlinks=False)
        parts.append((entry.path, status.st_mtime_ns, status.st_size, status.st_mode))
    return hash(tuple(parts))


def digest(files: Iterable[tuple[str, bool, str]]) -> str:
    """Return `sha256:...` over (path, executable, sha256 of the content) in the order of the paths."""
    total = hashlib.sha256()
    for path, executable, sha256 in sorted(files):
        total.update(f"{path}\0{'x' if executable else '-'}\0{sha256}\n".encode())
    return f"sha256:{total.hexdigest()}"
