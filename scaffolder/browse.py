"""What pages and checks read of a repository: folders, files, commits. Nothing here changes anything.

A wrong branch, commit or path raises NotFoundError, whatever was wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from portal.foundation.errors import InputError, NotFoundError
from scaffolder import git
from scaffolder.forges.local import places
from scaffolder.git import Blob, Change, CommitInfo, Folder
from scaffolder.models import Repository

PAGE = 30
_README = ("README.md", "readme.md", "README.rst", "README.txt", "README")


@dataclass(frozen=True, slots=True)
class CommitPage:
    """A page of commits, newest first, and whether older ones follow."""

    commits: tuple[CommitInfo, ...]
    page: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class CommitDetail:
    """A commit with what it changed; `cut` says that the patch is longer than what is shown."""

    info: CommitInfo
    changes: tuple[Change, ...]
    patch: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Refs:
    """The names of the branches, the default one first, and of the tags."""

    branches: tuple[str, ...]
    tags: tuple[str, ...]


def tree(repository: Repository, ref: str = "", path: str = "") -> Folder:
    """Return what the folder `path` holds at `ref` (a branch, tag or commit; the default branch when empty)."""
    folder = folder_of(repository)
    with _NotFound():
        return git.list_tree(folder, _commit(folder, repository, ref), path)


def blob(repository: Repository, ref: str, path: str) -> Blob:
    """Return the file `path` at `ref`."""
    folder = folder_of(repository)
    with _NotFound():
        return git.read_blob(folder, _commit(folder, repository, ref), path)


def readme(repository: Repository, ref: str = "", path: str = "") -> Blob | None:
    """Return the README of a folder, or None when it has none."""
    folder = folder_of(repository)
    with _NotFound():
        commit = _commit(folder, repository, ref)
        found = git.find_file(folder, commit, path, _README)
        return git.read_blob(folder, commit, found) if found else None


def commits(repository: Repository, ref: str = "", path: str = "", page: int = 1) -> CommitPage:
    """Return a page (from 1) of the commits that lead to `ref`, or of those among them that changed `path`."""
    folder = folder_of(repository)
    with _NotFound():
        start = _commit(folder, repository, ref)
        found = git.log(folder, start, path, skip=(max(1, page) - 1) * PAGE, count=PAGE + 1)
    return CommitPage(tuple(found[:PAGE]), max(1, page), len(found) > PAGE)


def commit(repository: Repository, sha: str) -> CommitDetail:
    """Return one commit with its changes."""
    folder = folder_of(repository)
    if not git.is_commit(sha):
        raise NotFoundError("There is no such commit.")
    resolved = git.resolve(folder, sha)
    text, cut = git.patch(folder, resolved)
    return CommitDetail(git.commit_info(folder, resolved), tuple(git.changes(folder, resolved)), text, cut)


def refs(repository: Repository) -> Refs:
    """Return the branches and tags to choose from."""
    names = sorted(git.refs(folder_of(repository)))
    branches = [name.removeprefix("refs/heads/") for name in names if name.startswith("refs/heads/")]
    branches.sort(key=lambda name: name != repository.default_branch)
    tags = [name.removeprefix("refs/tags/") for name in names if name.startswith("refs/tags/")]
    return Refs(tuple(branches), tuple(tags))


class _NotFound:
    """Turns names and paths that cannot be into ones that are not there."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InputError):
            raise NotFoundError(error.message) from None


def folder_of(repository: Repository) -> Path:
    """Return where a repository lies; NotFoundError when it is gone, or on a forge that is not read here."""
    folder = places.repository_folder(repository.namespace, repository.name)
    if repository.forge != "local" or not folder.is_dir():
        raise NotFoundError(f"The repository {repository.slug} cannot be read here.")
    return folder


def _commit(folder: Path, repository: Repository, ref: str) -> str:
    if not ref:
        found = git.head(folder, f"refs/heads/{repository.default_branch}")
        if not found:
            raise NotFoundError(f"{repository.slug} has no commits yet.")
        return found
    if len(ref) == 40 and git.is_commit(ref):
        return ref
    return git.resolve(folder, ref)
