"""One folder of a commit: what it holds, read in parts, since a folder may hold tens of thousands of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, overload

from portal.foundation.errors import InputError, NotFoundError
from scaffolder.git import command
from scaffolder.git.command import GitError
from scaffolder.git.names import checked_path

TREE_BYTES = 8 * 1024 * 1024
_FOLDER = b"040000 "
_KINDS = {0o040000: "folder", 0o120000: "link", 0o160000: "submodule"}


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a folder: `kind` is folder, file, link or submodule; `size` in bytes, of files only.

    An entry that is not `is_linkable` has a name that no address can carry.
    """

    name: str
    path: str
    kind: str
    executable: bool
    size: int | None
    is_linkable: bool = True


class _Row(NamedTuple):
    """A line of `git ls-tree -z`."""

    kind: str
    executable: bool
    object_id: str
    raw: bytes

    @property
    def name(self) -> str:
        """The name as it is shown: with marks for what is not UTF-8."""
        return self.raw.decode("utf-8", "replace")


class Folder(Sequence[TreeEntry]):
    """The entries of a folder, folders first, by name. A slice reads its own lines and their sizes, and no more.

    A folder that `is_too_large` to list, with hundreds of thousands of entries, looks empty.
    """

    def __init__(self, repository: Path, path: str, lines: Sequence[bytes], *, is_too_large: bool = False) -> None:
        self._repository = repository
        self._path = path
        self._lines = lines
        self.is_too_large = is_too_large

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[TreeEntry]:
        return iter(self[:])

    @overload
    def __getitem__(self, part: int) -> TreeEntry: ...
    @overload
    def __getitem__(self, part: slice) -> list[TreeEntry]: ...
    def __getitem__(self, part: int | slice) -> TreeEntry | list[TreeEntry]:
        if not isinstance(part, slice):
            return self._entries([self._lines[part]])[0]
        return self._entries(self._lines[part])

    def _entries(self, lines: Sequence[bytes]) -> list[TreeEntry]:
        rows = [_row(line) for line in lines]
        sizes = _sizes(self._repository, [row.object_id for row in rows if row.kind == "file"])
        return [self._entry(row, sizes.get(row.object_id)) for row in rows]

    def _entry(self, row: _Row, size: int | None) -> TreeEntry:
        path = f"{self._path}/{row.name}" if self._path else row.name
        return TreeEntry(
            name=row.name,
            path=path,
            kind=row.kind,
            executable=row.executable,
            size=size,
            is_linkable=row.name.encode() == row.raw and _is_path(path),
        )


def list_tree(repository: Path, commit: str, path: str = "") -> Folder:
    """Return what a folder of a resolved commit holds; NotFoundError when it is no folder.

    One with more than TREE_BYTES of names and ids is not listed: git keeps a tree in one piece, and so would we.
    """
    path = checked_path(path)
    found = _described(repository, [f"{commit}:{path}"])[0]
    if len(found) != 3 or found[1] != "tree":
        raise NotFoundError(f"There is no folder {path or '/'} here.")
    if int(found[2]) > TREE_BYTES:
        return Folder(repository, path, [], is_too_large=True)
    return Folder(repository, path, sorted(_lines(repository, [found[0]]), key=_order))


def find_file(repository: Path, commit: str, path: str, names: Sequence[str]) -> str | None:
    """Return the path of the first of `names` that is a file of this folder, None when there is none.

    A folder that is not there raises NotFoundError; how much it holds does not matter.
    """
    path = checked_path(path)
    try:
        rows = [_row(line) for line in _lines(repository, [f"{commit}:{path}", *names])]
    except GitError:
        raise NotFoundError(f"There is no folder {path or '/'} here.") from None
    files = {row.name for row in rows if row.kind == "file"}
    found = next((name for name in names if name in files), None)
    return f"{path}/{found}".lstrip("/") if found else None


def _lines(repository: Path, arguments: Sequence[str]) -> list[bytes]:
    return command.run(["ls-tree", "-z", *arguments], repository=repository).split(b"\0")[:-1]


def _order(line: bytes) -> tuple[bool, bytes]:
    return not line.startswith(_FOLDER), line[line.index(b"\t") :]


def _row(line: bytes) -> _Row:
    meta, _, raw = line.partition(b"\t")
    mode, _, object_id = meta.decode("ascii").split()
    kind = _KINDS.get(int(mode, 8) & 0o170000, "file")
    return _Row(kind, kind == "file" and mode == "100755", object_id, raw)


def _sizes(repository: Path, ids: Sequence[str]) -> dict[str, int]:
    if not ids:
        return {}
    return {words[0]: int(words[2]) for words in _described(repository, ids) if len(words) == 3}


def _described(repository: Path, names: Sequence[str]) -> list[list[str]]:
    """Return id, type and size of each object, or what git says of one that is not there."""
    question = "".join(f"{name}\n" for name in names).encode()
    output = command.run(["cat-file", "--batch-check"], repository=repository, data=question)
    return [line.split() for line in output.decode("utf-8", "replace").splitlines()]


def _is_path(path: str) -> bool:
    try:
        return checked_path(path) == path
    except InputError:
        return False
