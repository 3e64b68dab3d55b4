"""Reads of bare repositories."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portal.foundation.errors import NotFoundError
from scaffolder.git import command
from scaffolder.git.names import checked_path, checked_ref, is_commit, is_ref

if TYPE_CHECKING:
    import git

BLOB_BYTES = 1024 * 1024
PATCH_BYTES = 512 * 1024
RENAME_LIMIT = 1000
_SNIFFED = 8000
_LAST_SECOND = int(dt.datetime(9999, 1, 1, tzinfo=dt.UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's content, empty when it is `too_large` to show; `size` in bytes."""

    path: str
    content: bytes
    size: int
    is_binary: bool
    too_large: bool


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit as a list shows it."""

    id: str
    subject: str
    body: str
    author: str
    email: str
    when: dt.datetime
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One changed file of a commit; lines are None for binary files."""

    path: str
    old_path: str
    added: int | None
    deleted: int | None


def refs(repository: Path) -> dict[str, str]:
    """Return all refs of the repository and the commits (or tags) that they point to."""
    output = command.run(["for-each-ref", "--format=%(objectname) %(refname)"], repository=repository)
    pairs = [line.split(" ", 1) for line in output.decode("utf-8", "replace").splitlines()]
    return {name: commit for commit, name in pairs}


def head(repository: Path, ref: str) -> str:
    """Return the commit that a full ref such as `refs/heads/main` points to; an empty text when there is none."""
    loose = _text(repository / checked_ref(ref)).strip()
    if is_commit(loose):
        return loose
    rows = (line.split(" ", 1) for line in _text(repository / "packed-refs").splitlines())
    return next((row[0] for row in rows if row[1:] == [ref] and is_commit(row[0])), "")


def resolve(repository: Path, name: str) -> str:
    """Return the commit id that a branch, a tag, a full ref or a commit id means; NotFoundError when it means none."""
    if not is_ref(name):
        raise NotFoundError("There is no such branch, tag or commit.")
    candidates = [f"refs/heads/{name}", f"refs/tags/{name}"]
    if name.startswith("refs/"):
        candidates = [name]
    elif is_commit(name):
        candidates.append(name)
    question = "".join(f"{candidate}^{{commit}}\n" for candidate in candidates)
    output = command.run(["cat-file", "--batch-check"], repository=repository, data=question.encode())
    found = [line.split() for line in output.decode().splitlines()]
    commits = [words[0] for words in found if len(words) == 3 and words[1] == "commit"]
    if not commits:
        raise NotFoundError("There is no such branch, tag or commit.")
    return commits[0]


def read_blob(repository: Path, commit: str, path: str, *, limit: int = BLOB_BYTES) -> Blob:
    """Return the file at `path` in a resolved commit, without its content when that is longer than `limit` bytes.

    A path that is no file raises NotFoundError.
    """
    path = checked_path(path)
    process = subprocess.Popen(
        ["git", f"--git-dir={repository}", "cat-file", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=command.environment(),
        start_new_session=True,
    )
    try:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(f"{commit}:{path}\n".encode())
        process.stdin.close()
        words = process.stdout.readline().split()
        if len(words) != 3 or words[1] != b"blob" or not path:
            raise NotFoundError(f"There is no file {path or '/'} here.")
        size = int(words[2])
        content = process.stdout.read(size) if size <= limit else process.stdout.read(_SNIFFED)
    finally:
        command.end(process)
    binary = b"\0" in content[:_SNIFFED]
    return Blob(path, content if size <= limit else b"", size, is_binary=binary, too_large=size > limit)


def log(repository: Path, commit: str, path: str = "", *, skip: int = 0, count: int = 30) -> list[CommitInfo]:
    """Return commits from a resolved commit backwards, optionally only those that changed `path`."""
    paths = [checked_path(path)] if path else []
    with _opened(repository) as repo:
        return [_info(item) for item in repo.iter_commits(commit, paths=paths, skip=skip, max_count=count)]


def commit_info(repository: Path, commit: str) -> CommitInfo:
    """Return a resolved commit."""
    with _opened(repository) as repo:
        return _info(repo.commit(commit))


def changes(repository: Path, commit: str) -> list[Change]:
    """Return the files that a resolved commit changed against its first parent, renames found."""
    arguments = ["diff-tree", "--root", "-r", "-M", "-m", "--first-parent", "--no-commit-id", "--numstat", "-z", commit]
    fields = iter(command.run([*arguments, "--"], repository=repository).decode("utf-8", "replace").split("\0"))
    found = []
    for field in fields:
        if not field:
            continue
        added, deleted, path = field.split("\t")
        old = "" if path else next(fields)
        path = path or next(fields)
        found.append(Change(path, old or path, _count(added), _count(deleted)))
    return found


def renames(repository: Path, old: str, new: str) -> dict[str, str]:
    """Return which files of the tree `old` stand elsewhere in the tree `new`, by git's similarity of at least half.

    With too many candidates git looks at exact matches only.
    """
    arguments = ["diff-tree", "-r", "-M50%", f"-l{RENAME_LIMIT}", "--diff-filter=R", "--raw", "-z", old, new, "--"]
    fields = command.run(arguments, repository=repository).decode("utf-8", "replace").split("\0")
    return dict(zip(fields[1::3], fields[2::3], strict=False))


def patch(repository: Path, commit: str, *, limit: int = PATCH_BYTES) -> tuple[str, bool]:
    """Return the patch of a resolved commit against its first parent, and whether it was cut at `limit` bytes."""
    arguments = ["diff-tree", "--root", "-r", "-M", "-m", "--first-parent", "--no-commit-id", "-p"]
    arguments += ["--no-color", "--no-ext-diff", "--no-textconv", commit, "--"]
    output, cut = command.run_capped(arguments, repository=repository, limit=limit)
    return output.decode("utf-8", "replace"), cut


@contextlib.contextmanager
def _opened(repository: Path) -> Iterator[git.Repo]:
    import git  # late: it starts git to learn its version, and most processes never read this way

    repo = git.Repo(repository)
    repo.git.update_environment(**command.environment())
    try:
        yield repo
    except (git.GitError, git.BadName, KeyError, ValueError):
        raise NotFoundError("There is no such file, folder or commit in this repository.") from None
    finally:
        repo.close()


def _text(file: Path) -> str:
    """Return what a small file of git's holds; nothing when there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""


def _when(item: git.Commit) -> dt.datetime:
    """Return when a commit was written; a date that cannot be shown becomes the nearest one that can."""
    seconds = min(max(item.authored_date, 0), _LAST_SECOND)
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _info(item: git.Commit) -> CommitInfo:
    message = item.message if isinstance(item.message, str) else item.message.decode("utf-8", "replace")
    subject, _, body = message.strip().partition("\n")
    return CommitInfo(
        id=item.hexsha,
        subject=subject,
        body=body.strip(),
        author=item.author.name or "",
        email=item.author.email or "",
        when=_when(item),
        parents=tuple(parent.hexsha for parent in item.parents),
    )


def _count(text: str) -> int | None:
    return None if text == "-" else int(text)
