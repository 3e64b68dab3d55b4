"""Writes: one commit of a whole folder, and pushes."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from portal.foundation.errors import InputError
from scaffolder.git import command
from scaffolder.git.bare import create_bare
from scaffolder.git.names import checked_ref

PUSH_SECONDS = 120.0
PACK_SECONDS = 600.0
_UNSAFE_IN_PERSON = re.compile(r"[<>\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id and the id of its tree."""

    id: str
    tree: str


@dataclass(frozen=True, slots=True)
class Person:
    """An author as git writes it."""

    name: str
    email: str

    def line(self, when: dt.datetime) -> str:
        """Return `Name <email> seconds +0000`."""
        name = _UNSAFE_IN_PERSON.sub("", self.name).strip() or "Goldpath"
        email = _UNSAFE_IN_PERSON.sub("", self.email).replace(" ", "")
        return f"{name} <{email}> {int(when.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where to push to: an address without credentials, and variables for git that may carry them (never shown)."""

    url: str
    protocol: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def commit_folder(
    repository: Path,
    folder: Path,
    *,
    message: str,
    author: Person,
    when: dt.datetime,
    refs: Sequence[str],
) -> Commit:
    """Commit all files of `folder` as one root commit to every ref of `refs`, by one process.

    `repository` is a bare repository, made when missing. The same folder, message, author and time give the same commit
    id. Links and special files raise InputError.
    """
    if not repository.is_dir():
        create_bare(repository)
    stream = b"".join(_stream(folder, message, author.line(when), [checked_ref(ref) for ref in refs]))
    output = command.run(["fast-import", "--quiet", "--done", "--date-format=raw"], repository=repository, data=stream)
    commit, tree = output.decode("ascii").splitlines()
    return Commit(id=commit, tree=tree.split()[2])


def push(repository: Path, target: PushTarget, refspecs: Sequence[str]) -> None:
    """Push `refspecs` (`source:destination`) all or none; pushing what is there already succeeds."""
    for refspec in refspecs:
        source, _, destination = refspec.partition(":")
        checked_ref(source)
        checked_ref(destination)
    if target.url.startswith("-"):
        raise InputError("This is not an address to push to.")
    command.run(
        ["push", "--quiet", "--porcelain", "--atomic", "--no-verify", "--no-signed", "--", target.url, *refspecs],
        repository=repository,
        protocols=target.protocol,
        extra=target.environment,
        seconds=PUSH_SECONDS,
        hidden=[target.url],
    )


def pack(repository: Path) -> None:
    """Bring the objects of many pushes into one pack; what nothing refers to goes after two weeks."""
    command.run(["gc", "--quiet", "--prune=2.weeks.ago"], repository=repository, seconds=PACK_SECONDS)


def _stream(folder: Path, message: str, who: str, refs: Sequence[str]) -> Iterator[bytes]:
    text = (message.rstrip() + "\n").encode()
    yield f"commit {refs[0]}\nmark :1\nauthor {who}\ncommitter {who}\ndata {len(text)}\n".encode()
    yield text
    yield b"deleteall\n"
    for path, mode, content in sorted(_files(str(folder), b"")):
        yield b"M %s inline %s\ndata %d\n" % (mode, quoted(path), len(content))
        yield content
        yield b"\n"
    for ref in refs[1:]:
        yield f"reset {ref}\nfrom :1\n\n".encode()
    yield b'get-mark :1\nls :1 ""\ndone\n'


def _files(folder: str, prefix: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + os.fsencode(entry.name)
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, path + b"/")
            elif entry.is_file(follow_symlinks=False):
                executable = entry.stat(follow_symlinks=False).st_mode & 0o100
                yield path, b"100755" if executable else b"100644", _content(entry.path)
            else:
                raise InputError(f"{os.fsdecode(path)} is neither a file nor a folder and cannot be committed.")


def _content(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return file.read()


def quoted(path: bytes) -> bytes:
    """Return a path as fast-import reads it."""
    if b'"' not in path and b"\n" not in path and b"\\" not in path:
        return path
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'
