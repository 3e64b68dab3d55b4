"""Folders of tens of thousands of files: listed in parts, and the README is found all the same."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.foundation.errors import NotFoundError
from scaffolder import browse, git
from scaffolder.forges import RepositorySpec, forge
from scaffolder.forges.local import places
from scaffolder.git import folders
from scaffolder.models import Repository
from tests.scaffolder.git.conftest import put_many

MANY = 20_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository whose top folder and whose folder `many` hold 20,000 files each."""
    bare = tmp_path_factory.mktemp("large") / "ledger.git"
    git.create_bare(bare)
    put_many(bare, MANY)
    return bare


@pytest.fixture
def repository(large: Path) -> Repository:
    """That repository on the local forge."""
    shutil.copytree(large, places.repository_folder("default", "ledger"))
    return Repository(name="ledger", owner_ref="group:default/payments")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The git commands that were started."""
    commands: list[list[str]] = []
    real: Callable[..., Any] = subprocess.Popen

    def popen(command: list[str], **options: Any) -> Any:
        commands.append(command[2:])
        return real(command, **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    return commands


def test_a_part_of_a_large_folder_is_sized_without_the_rest(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = folders._sizes

    def sizes(folder: Path, ids: list[str]) -> dict[str, int]:
        asked.append(len(ids))
        return real(folder, ids)

    monkeypatch.setattr(folders, "_sizes", sizes)
    found = browse.tree(repository, "", "many")
    part = found[1:1001]
    assert (len(found), len(part), asked) == (MANY + 1, 1000, [1000])
    assert found[0].kind == "folder"
    assert (part[0].path, part[0].size) == ("many/file-00000.txt", 6)
    assert part[-1].name == "file-00999.txt"
    assert [entry.name for entry in found[-1:]] == [f"file-{MANY - 1:05d}.txt"]


def test_a_large_folder_is_read_by_a_few_processes(repository: Repository, started: list[list[str]]) -> None:
    entries = browse.tree(repository, "", "many")[:1000]
    assert len(entries) == 1000
    assert [command[0] for command in started] == ["cat-file", "ls-tree", "cat-file"]


def test_the_readme_of_a_large_folder_is_found(repository: Repository) -> None:
    found = browse.readme(repository)
    assert found is not None
    assert (found.path, found.content) == ("README.md", b"# Many\n")
    below = browse.readme(repository, "", "many")
    assert below is None


def test_a_folder_too_large_to_list_is_not_read_and_its_readme_is_found(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
) -> None:
    monkeypatch.setattr(folders, "TREE_BYTES", 500_000)
    found = browse.tree(repository)
    assert (found.is_too_large, len(found), list(found)) == (True, 0, [])
    assert [command[0] for command in started] == ["cat-file"]
    readme = browse.readme(repository)
    assert readme is not None
    assert readme.content == b"# Many\n"
    assert browse.blob(repository, "", "many/file-19999.txt").content == b"19999\n"


def test_a_readme_that_is_a_link_or_a_folder_is_none(tmp_path: Path) -> None:
    forge("local").ensure_repository(RepositorySpec("default", "odd", uuid.uuid4()))
    bare, folder = places.repository_folder("default", "odd"), tmp_path / "files"
    (folder / "README.md").mkdir(parents=True)
    (folder / "README.md" / "x").write_text("x", encoding="utf-8")
    (folder / "README.txt").write_text("plain", encoding="utf-8")
    when, author = dt.datetime(2026, 1, 2, tzinfo=dt.UTC), git.Person("Alice", "alice@example.com")
    git.commit_folder(bare, folder, message="Odd", author=author, when=when, refs=["refs/heads/main"])
    found = browse.readme(Repository(name="odd"))
    assert found is not None
    assert found.path == "README.txt"
    with pytest.raises(NotFoundError):
        browse.readme(Repository(name="odd"), "", "absent")
    with pytest.raises(NotFoundError):
        browse.tree(Repository(name="odd"), "", "README.txt")
