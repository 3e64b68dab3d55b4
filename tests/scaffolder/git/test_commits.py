"""Commits and pushes by the git door."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from portal.foundation.errors import InputError
from scaffolder import git

WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
AUTHOR = git.Person("Goldpath", "goldpath@example.com")
REFS = ("refs/heads/main", "refs/goldpath/render")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "render"
    (root / "cmd" / "server").mkdir(parents=True)
    (root / "cmd" / "server" / "main.go").write_text("package main\n", encoding="utf-8")
    (root / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (root / "run.sh").chmod(0o755)
    (root / 'quo"te\\d.md').write_text("", encoding="utf-8")
    return root


def commit(repository: Path, folder: Path, **changes: object) -> git.Commit:
    options: dict[str, object] = {"message": "Render", "author": AUTHOR, "when": WHEN, "refs": REFS, **changes}
    return git.commit_folder(repository, folder, **options)  # type: ignore[arg-type]


def test_one_commit_stands_under_every_ref(tmp_path: Path, folder: Path) -> None:
    made = commit(tmp_path / "work", folder)
    assert [git.head(tmp_path / "work", ref) for ref in REFS] == [made.id, made.id]
    assert len(made.tree) == len(made.id) == 40
    assert made.tree != made.id


def test_same_folder_gives_the_same_commit(tmp_path: Path, folder: Path) -> None:
    assert commit(tmp_path / "one", folder) == commit(tmp_path / "two", folder)


def test_committing_again_into_the_same_repository_changes_nothing(tmp_path: Path, folder: Path) -> None:
    assert commit(tmp_path / "one", folder) == commit(tmp_path / "one", folder)


def test_content_mode_and_name_each_change_the_tree(tmp_path: Path, folder: Path) -> None:
    trees = {commit(tmp_path / "one", folder).tree}
    (folder / "run.sh").chmod(0o644)
    trees.add(commit(tmp_path / "two", folder).tree)
    (folder / "run.sh").write_text("#!/bin/sh\nexit\n", encoding="utf-8")
    trees.add(commit(tmp_path / "three", folder).tree)
    (folder / "run.sh").rename(folder / "go.sh")
    trees.add(commit(tmp_path / "four", folder).tree)
    assert len(trees) == 4


def test_symlink_in_the_folder_is_refused(tmp_path: Path, folder: Path) -> None:
    (folder / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="passwd is neither"):
        commit(tmp_path / "one", folder)


def test_named_pipe_in_the_folder_is_refused(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputError, match="pipe is neither"):
        commit(tmp_path / "one", folder)


@pytest.mark.parametrize("ref", ["--upload-pack=touch x", "refs/heads/a b", "refs/../x", "refs/heads/x\nreset y", ""])
def test_option_or_line_injection_by_a_ref_is_refused(tmp_path: Path, folder: Path, ref: str) -> None:
    with pytest.raises(InputError):
        commit(tmp_path / "one", folder, refs=[ref])


def test_line_injection_by_the_author_stays_text(tmp_path: Path, folder: Path) -> None:
    forged = git.Person("x> 1 +0000\ncommitter y <z", "a@b>\nreset refs/heads/evil")
    made = commit(tmp_path / "one", folder, author=forged)
    assert git.head(tmp_path / "one", "refs/heads/evil") == ""
    assert git.head(tmp_path / "one", "refs/heads/main") == made.id


def test_push_brings_all_refs_or_none(tmp_path: Path, folder: Path) -> None:
    work, remote = tmp_path / "work", tmp_path / "remote.git"
    made = commit(work, folder)
    git.create_bare(remote)
    target = git.PushTarget(str(remote), "file")
    with pytest.raises(git.GitError):
        git.push(work, target, [f"{REFS[0]}:{REFS[0]}", "refs/heads/missing:refs/heads/x"])
    assert git.head(remote, REFS[0]) == ""
    git.push(work, target, [f"{ref}:{ref}" for ref in REFS])
    assert [git.head(remote, ref) for ref in REFS] == [made.id, made.id]
    git.push(work, target, [f"{ref}:{ref}" for ref in REFS])


@pytest.mark.parametrize(
    "url", ["ext::sh -c touch% pwned", "--receive-pack=touch pwned", "ssh://host/x", "git://host/x"]
)
def test_push_to_another_transport_is_refused(tmp_path: Path, folder: Path, url: str) -> None:
    work = tmp_path / "work"
    commit(work, folder)
    with pytest.raises((git.GitError, InputError)):
        git.push(work, git.PushTarget(url, "file"), [f"{REFS[0]}:{REFS[0]}"])
    assert not list(tmp_path.rglob("pwned"))


def test_errors_of_git_do_not_tell_where_the_repository_lies(tmp_path: Path, folder: Path) -> None:
    work = tmp_path / "work"
    commit(work, folder)
    with pytest.raises(git.GitError) as failed:
        git.push(work, git.PushTarget(str(tmp_path / "absent.git"), "file"), [f"{REFS[0]}:{REFS[0]}"])
    assert str(tmp_path) not in failed.value.message


def test_credentials_of_a_push_target_are_never_shown() -> None:
    target = git.PushTarget("https://example.com/x.git", "https", {"GIT_CONFIG_VALUE_0": "Authorization: secret"})
    assert "secret" not in repr(target)


def test_edits_on_top_of_a_branch(tmp_path: Path) -> None:
    repository, folder = tmp_path / "r.git", tmp_path / "work"
    folder.mkdir()
    for name in ("kept", "gone", "a b", "moved"):
        (folder / name).write_text(name)
    first = git.commit_folder(
        repository, folder, message="Begin", author=AUTHOR, when=WHEN, refs=["refs/heads/main", "refs/goldpath/render"]
    )
    edits = git.Edits(written={'new/"x"': b"new\n"}, removed=("gone",), moved={"moved": "to/moved", "a b": "c d"})
    done = git.commit_edits(repository, edits, branch="main", message="Change", author=AUTHOR, when=WHEN)
    assert git.head(repository, "refs/heads/main") == done.id
    assert git.head(repository, "refs/goldpath/render") == first.id
    with git.ObjectReader(repository) as reader:
        head = reader.commit(done.id)
        assert head is not None
        assert head.tree == done.tree
        assert sorted(reader.files(head.tree, limit=10)) == ["c d", "kept", 'new/"x"', "to/moved"]
    assert git.commit_info(repository, done.id).parents == (first.id,)


def test_edits_on_a_branch_that_is_not_there_or_a_path_that_leads_out(tmp_path: Path) -> None:
    repository = tmp_path / "r.git"
    git.create_bare(repository)
    with pytest.raises(git.GitError):
        git.commit_edits(repository, git.Edits(), branch="main", message="x", author=AUTHOR, when=WHEN)
    with pytest.raises(InputError):
        git.commit_edits(repository, git.Edits(removed=("../x",)), branch="main", message="x", author=AUTHOR, when=WHEN)
