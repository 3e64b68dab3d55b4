"""Objects out of one git process."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from portal.foundation.errors import NotFoundError
from scaffolder.git import ObjectReader, TooManyFilesError, renames


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Alice", "-c", "user.email=alice@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    (work / "a.txt").write_text("one\n")
    (work / "deep" / "er").mkdir(parents=True)
    (work / "deep" / "er" / "run.sh").write_text("#!/bin/sh\n" + "echo a line of it\n" * 9)
    (work / "deep" / "er" / "run.sh").chmod(0o755)
    (work / "link").symlink_to("a.txt")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "Begin")
    return work / ".git"


def test_a_commit_its_files_and_their_contents(repository: Path) -> None:
    with ObjectReader(repository) as reader:
        head = reader.commit("refs/heads/main")
        assert head is not None
        assert head.id == git(repository, "rev-parse", "main")
        assert int(head.committed_at.timestamp()) == int(git(repository, "log", "-1", "--format=%ct"))
        files = reader.files(head.tree, limit=10)
        modes = {path: file.mode for path, file in files.items()}
        assert modes == {"a.txt": "100644", "deep/er/run.sh": "100755", "link": "120000"}
        blob = files["a.txt"].blob
        assert reader.sizes([blob, "0" * 40]) == {blob: 4}
        assert list(reader.blobs([blob, head.tree, "0" * 40])) == [(blob, b"one\n")]


def test_what_is_not_there_is_none(repository: Path) -> None:
    with ObjectReader(repository) as reader:
        assert reader.commit("refs/heads/other") is None
        assert reader.files("0" * 40, limit=10) == {}


def test_many_objects_in_one_question(repository: Path) -> None:
    work = repository.parent
    for number in range(1200):
        (work / f"{number}.txt").write_text(f"{number}\n" * 50)
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "More")
    with ObjectReader(repository) as reader:
        head = reader.commit("main")
        assert head is not None
        blobs = {file.blob for file in reader.files(head.tree, limit=5000).values()}
        assert len(dict(reader.blobs(blobs))) == len(blobs) == 1203
        assert len(reader.sizes(sorted(blobs))) == len(blobs)
        with pytest.raises(TooManyFilesError):
            reader.files(head.tree, limit=1000)


def test_a_repository_that_is_gone_or_is_none(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with ObjectReader(folder) as reader, pytest.raises(NotFoundError):
            reader.commit("refs/heads/main")


def test_a_process_that_is_killed_is_an_error(repository: Path) -> None:
    with ObjectReader(repository, seconds=60) as reader:
        head = reader.commit("main")
        assert head is not None
        for process in reader._processes.values():
            process.kill()
            process.wait()
        with pytest.raises(NotFoundError):
            reader.files(head.tree, limit=10)


def test_a_folder_bomb_is_refused(repository: Path) -> None:
    """A tree of a hundred bytes may name itself over and over by its children: depth and number are bounded."""
    tree = git(repository.parent, "rev-parse", "HEAD^{tree}")
    for _ in range(20):
        lines = "".join(f"040000 tree {tree}\t{name}\n" for name in "abcdefgh")
        made = subprocess.run(["git", "mktree"], cwd=repository, input=lines.encode(), capture_output=True, check=True)
        tree = made.stdout.decode().strip()
    with ObjectReader(repository) as reader, pytest.raises(TooManyFilesError):
        reader.files(tree, limit=50_000)


@pytest.mark.parametrize(
    "rest",
    [
        b"100644 b",
        b"100644 b\0short",
        b"100644 b\0" + b"\1" * 19,
        b"\xff\0100644 b\0" + b"\1" * 20,
        b"100644 \0" + b"\1" * 20,
    ],
)
def test_a_tree_that_is_not_gits_is_refused_and_hides_nothing(repository: Path, rest: bytes) -> None:
    content = b"100644 a.txt\0" + bytes.fromhex(git(repository, "rev-parse", "main:a.txt"))
    command = ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    for written, is_whole in ((content, True), (content + rest, False)):
        made = subprocess.run(command, cwd=repository, check=True, capture_output=True, input=written)
        with ObjectReader(repository) as reader:
            if is_whole:
                assert set(reader.files(made.stdout.decode().strip(), limit=10)) == {"a.txt"}
                continue
            with pytest.raises(NotFoundError, match="folder that git cannot read"):
                reader.files(made.stdout.decode().strip(), limit=10)


def test_edited_files_that_were_moved_are_found(repository: Path) -> None:
    work = repository.parent
    old = git(work, "rev-parse", "HEAD^{tree}")
    git(work, "mv", "deep/er/run.sh", "start.sh")
    with (work / "start.sh").open("a") as file:
        file.write("echo more\n")
    git(work, "commit", "-qam", "Move")
    assert renames(repository, old, git(work, "rev-parse", "HEAD^{tree}")) == {"deep/er/run.sh": "start.sh"}
