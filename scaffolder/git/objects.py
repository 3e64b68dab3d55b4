"""Many objects of one repository, read through one git process: commits, trees and blobs by id.

Ids are asked for in batches that fit a pipe, and answered in order: see git-cat-file(1), BATCH OUTPUT. A second process
answers sizes alone, and only when somebody asks for them, so that a huge blob is never read.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

from portal.foundation.errors import NotFoundError
from scaffolder.git import command

BATCH = 500
SECONDS = 120.0
MOST_DEPTH = 64
_FOLDER, _SUBMODULE = "40000", "160000"
_ENTRY = {width: re.compile(rb"([0-7]+) ([^\0]+)\0(.{%d})" % width, re.DOTALL) for width in (20, 32)}
"""An entry of a tree by the bytes of an id: 20 for SHA-1, 32 for SHA-256."""


@dataclass(frozen=True, slots=True)
class CommitHead:
    """A commit: its id, its tree, and when it was committed."""

    id: str
    tree: str
    committed_at: dt.datetime


class TreeFile(NamedTuple):
    """A file of a tree: its blob and its mode as git writes it (100644, 100755, 120000)."""

    blob: str
    mode: str


class TooManyFilesError(Exception):
    """A tree holds more files than the caller wants to see."""


class ObjectReader:
    """Reads objects of one bare repository until it is closed; use it in a `with` block."""

    def __init__(self, repository: Path, *, seconds: float = SECONDS) -> None:
        self.repository = repository
        self._seconds = seconds
        self._stack = contextlib.ExitStack()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._trees: dict[str, list[tuple[str, str, str]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def commit(self, name: str) -> CommitHead | None:
        """Return the commit that a full ref or an id means; None when there is none."""
        for identity, kind, content in self._objects([f"{name}^{{commit}}"]):
            if kind == "commit":
                return _commit_head(identity, content)
        return None

    def files(self, tree: str, *, limit: int) -> dict[str, TreeFile]:
        """Return all files below a tree by path, submodules left out; beyond `limit` raise TooManyFilesError.

        A path that is not UTF-8 is shown with replacement marks. Subtrees that were read before cost nothing.
        """
        found: dict[str, TreeFile] = {}
        level = [("", tree)]
        for _ in range(MOST_DEPTH):
            self._load({identity for _, identity in level})
            level = list(self._next(level, found))
            if len(found) + len(level) > limit:
                raise TooManyFilesError
            if not level:
                return found
        raise TooManyFilesError

    def sizes(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the sizes in bytes of the objects that there are."""
        found = {}
        for batch in _batches(ids):
            stream = self._ask("--batch-check", batch)
            for identity in batch:
                words = stream.readline().split()
                if len(words) == 3:
                    found[identity] = int(words[2])
        return found

    def blobs(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield id and content of each blob that there is, in order; ask for sizes first where they may be huge."""
        for identity, kind, content in self._objects(list(ids)):
            if kind == "blob":
                yield identity, content

    def _next(self, level: list[tuple[str, str]], found: dict[str, TreeFile]) -> Iterator[tuple[str, str]]:
        for prefix, identity in level:
            for mode, name, child in self._trees.get(identity, ()):
                if mode == _FOLDER:
                    yield f"{prefix}{name}/", child
                elif mode != _SUBMODULE:
                    found[prefix + name] = TreeFile(child, mode)

    def _load(self, ids: set[str]) -> None:
        for identity, kind, content in self._objects(sorted(ids - self._trees.keys())):
            if kind == "tree":
                self._trees[identity] = list(_entries(content, len(identity) // 2))

    def _objects(self, names: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        for batch in _batches(names):
            stream = self._ask("--batch", batch)
            for _ in batch:
                words = stream.readline().decode("ascii", "replace").split()
                if not words:
                    raise NotFoundError("The repository cannot be read.")
                if len(words) == 3:
                    content = stream.read(int(words[2]))
                    stream.read(1)
                    yield words[0], words[1], content

    def _ask(self, mode: str, names: Sequence[str]) -> IO[bytes]:
        process = self._processes.get(mode) or self._start(mode)
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write("".join(f"{name}\n" for name in names).encode())
            process.stdin.flush()
        except BrokenPipeError:
            raise NotFoundError("The repository cannot be read.") from None
        return process.stdout

    def _start(self, mode: str) -> subprocess.Popen[bytes]:
        if not self.repository.is_dir():
            raise NotFoundError("The repository is gone.")
        process = subprocess.Popen(
            ["git", f"--git-dir={self.repository}", "cat-file", mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=command.environment(),
            start_new_session=True,
        )
        self._processes[mode] = process
        self._stack.callback(command.end, process)
        timer = command.killed_after(self._seconds, process)
        self._stack.callback(timer.cancel)
        return process


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield parts whose questions fit a pipe, so that git may wait with its answers until they are all asked."""
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]


def _commit_head(identity: str, content: bytes) -> CommitHead:
    headers: Mapping[str, str] = dict(
        line.partition(" ")[::2] for line in content.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
    )
    words = headers.get("committer", "").rsplit(" ", 2)
    seconds = int(words[1]) if len(words) == 3 and words[1].isdecimal() else 0
    try:
        committed_at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError):
        committed_at = dt.datetime.fromtimestamp(0, dt.UTC)
    return CommitHead(identity, headers["tree"], committed_at)


def _entries(content: bytes, width: int) -> Iterator[tuple[str, str, str]]:
    """Yield mode, name and id of each entry of a raw tree object, ids of `width` bytes.

    A tree that does not consist of entries alone is not git's, and raises NotFoundError: what it hides is not guessed.
    """
    entries = _ENTRY[width].findall(content)
    if sum(len(mode) + len(name) for mode, name, _ in entries) + len(entries) * (2 + width) != len(content):
        raise NotFoundError("The repository holds a folder that git cannot read.")
    for mode, name, identity in entries:
        yield mode.decode("ascii"), name.decode("utf-8", "replace"), identity.hex()
