"""Writes: a commit of some changed files on top of a branch, without a work tree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scaffolder.git import command
from scaffolder.git.commits import Commit, Person, quoted
from scaffolder.git.names import checked_path, checked_ref


@dataclass(frozen=True, slots=True)
class Edits:
    """What a commit changes: files written (with their whole content), removed, and moved from one path to another.

    Moves come first, so that a moved file can be written at its new path. A written file keeps no mode of before.
    """

    written: Mapping[str, bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)


def commit_edits(
    repository: Path, edits: Edits, *, branch: str, message: str, author: Person, when: dt.datetime
) -> Commit:
    """Commit `edits` on top of `branch` by one process; return the commit. Without the branch it is an error."""
    ref = checked_ref(f"refs/heads/{branch}")
    stream = b"".join(_stream(edits, ref, message, author.line(when)))
    output = command.run(["fast-import", "--quiet", "--done", "--date-format=raw"], repository=repository, data=stream)
    commit, tree = output.decode("ascii").splitlines()
    return Commit(id=commit, tree=tree.split()[2])


def _stream(edits: Edits, ref: str, message: str, who: str) -> Iterator[bytes]:
    text = (message.rstrip() + "\n").encode()
    yield f"commit {ref}\nmark :1\nauthor {who}\ncommitter {who}\ndata {len(text)}\n".encode() + text
    yield f"from {ref}^0\n".encode()
    for old, new in edits.moved.items():
        yield b"R %s %s\n" % (_always_quoted(old), _path(new))
    for path in edits.removed:
        yield b"D %s\n" % _path(path)
    for path, content in edits.written.items():
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (_path(path), len(content), content)
    yield b'\nget-mark :1\nls :1 ""\ndone\n'


def _path(path: str) -> bytes:
    return quoted(checked_path(path).encode())


def _always_quoted(path: str) -> bytes:
    """Return the first path of a move, which may not hold a bare space."""
    found = _path(path)
    return found if found.startswith(b'"') else b'"' + found + b'"'
