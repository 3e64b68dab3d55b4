"""What pages read of a repository."""

from __future__ import annotations

import datetime as dt
import subprocess
import uuid
from pathlib import Path

import pytest
from django.core.paginator import Paginator
from django.template.loader import render_to_string

from portal.foundation.errors import NotFoundError
from scaffolder import browse, git
from scaffolder.forges import RemoteRepository, RepositorySpec, forge
from scaffolder.forges.local import places
from scaffolder.git import command as git_command
from scaffolder.models import Repository

WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
AUTHOR = git.Person("Alice", "alice@example.com")
UNSAFE = [
    "--output=pwned",
    "-x",
    "main..main",
    "main:README.md",
    "main@{0}",
    "HEAD",
    ":/Second",
    "a b",
    "x\ny",
    "../x",
    "",
]


def commit(folder: Path, bare: Path, tmp_path: Path, message: str) -> str:
    """Commit `folder` on top of main with plain git, as a person's push would leave it."""
    run = [
        "git",
        f"--git-dir={bare}",
        f"--work-tree={folder}",
        "-c",
        "user.name=Bob",
        "-c",
        "user.email=bob@example.com",
    ]
    environment = {"PATH": "/usr/bin:/bin", "GIT_INDEX_FILE": str(tmp_path / "index"), "HOME": str(tmp_path)}
    for arguments in (["add", "-A"], ["commit", "-q", "-m", message]):
        subprocess.run([*run, *arguments], check=True, env=environment, capture_output=True)
    return git.head(bare, "refs/heads/main")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    (root / "cmd" / "server").mkdir(parents=True)
    (root / "cmd" / "server" / "main.go").write_text("package main\n", encoding="utf-8")
    (root / "README.md").write_text("# Ledger\n", encoding="utf-8")
    (root / "naïve “name”.txt").write_text("ok", encoding="utf-8")
    (root / "logo.png").write_bytes(b"\x89PNG\0\0")
    (root / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (root / "run.sh").chmod(0o755)
    return root


@pytest.fixture
def repository(folder: Path, tmp_path: Path) -> Repository:
    remote = forge("local").ensure_repository(RepositorySpec("default", "ledger", uuid.uuid4()))
    bare = Path(forge("local").push_target(remote).url)
    git.commit_folder(bare, folder, message="First\n\nWith a body.", author=AUTHOR, when=WHEN, refs=["refs/heads/main"])
    (folder / "cmd" / "server" / "main.go").write_text("package main\n\nfunc main() {}\n", encoding="utf-8")
    (folder / "run.sh").rename(folder / "start.sh")
    (folder / "large.txt").write_text("x" * 1_100_000, encoding="utf-8")
    commit(folder, bare, tmp_path, "Second")
    return Repository(name="ledger", owner_ref="group:default/payments")


def test_folder_lists_folders_first_with_kinds_and_sizes(repository: Repository) -> None:
    entries = list(browse.tree(repository))
    assert [entry.name for entry in entries] == [
        "cmd", "README.md", "large.txt", "logo.png", "naïve “name”.txt", "start.sh"
    ]  # fmt: skip
    assert entries[0].kind == "folder"
    assert (entries[1].size, entries[1].executable) == (9, False)
    assert entries[-1].executable
    assert [entry.path for entry in browse.tree(repository, "main", "cmd/server")] == ["cmd/server/main.go"]


def test_file_is_read_at_any_ref(repository: Repository) -> None:
    first = browse.commits(repository).commits[-1].id
    assert browse.blob(repository, "main", "cmd/server/main.go").content.endswith(b"func main() {}\n")
    assert browse.blob(repository, first, "cmd/server/main.go").content == b"package main\n"
    assert browse.blob(repository, first[:10], "/cmd/server/main.go/").content == b"package main\n"
    assert browse.blob(repository, "", "naïve “name”.txt").content == b"ok"


def test_binary_and_large_files_are_told_apart(repository: Repository) -> None:
    assert browse.blob(repository, "", "logo.png").is_binary
    large = browse.blob(repository, "", "large.txt")
    assert (large.too_large, large.size, large.content) == (True, 1_100_000, b"")


def test_commits_come_newest_first_and_by_path(repository: Repository) -> None:
    page = browse.commits(repository)
    assert [(item.subject, item.author) for item in page.commits] == [("Second", "Bob"), ("First", "Alice")]
    assert page.commits[1].body == "With a body."
    assert page.commits[1].when == WHEN
    assert page.has_more is False
    assert [item.subject for item in browse.commits(repository, "main", "README.md").commits] == ["First"]
    assert browse.commits(repository, page=2).commits == ()


def test_commit_tells_what_it_changed(repository: Repository) -> None:
    detail = browse.commit(repository, browse.commits(repository).commits[0].id)
    by_path = {change.path: change for change in detail.changes}
    assert (by_path["cmd/server/main.go"].added, by_path["cmd/server/main.go"].deleted) == (2, 0)
    assert by_path["start.sh"].old_path == "run.sh"
    assert "+func main() {}" in detail.patch
    assert detail.cut is True


def test_first_commit_has_a_patch_too(repository: Repository) -> None:
    detail = browse.commit(repository, browse.commits(repository).commits[-1].id)
    assert {change.path for change in detail.changes} >= {"README.md", "logo.png"}
    assert next(change.added for change in detail.changes if change.path == "logo.png") is None
    assert "+# Ledger" in detail.patch
    assert detail.cut is False


def test_readme_is_found_or_not(repository: Repository) -> None:
    found = browse.readme(repository)
    assert found is not None
    assert found.content == b"# Ledger\n"
    assert browse.readme(repository, "", "cmd") is None


def test_branches_and_tags_are_listed_default_first(repository: Repository, tmp_path: Path) -> None:
    bare = Path(forge("local").push_target(forge("local").ensure_repository(_spec(repository))).url)
    for name in ("refs/heads/a-topic", "refs/tags/v1"):
        (bare / name).write_text(git.head(bare, "refs/heads/main") + "\n", encoding="ascii")
    assert browse.refs(repository) == browse.Refs(("main", "a-topic"), ("v1",))
    assert list(browse.tree(repository, "v1")) == list(browse.tree(repository, "a-topic"))


def _spec(repository: Repository) -> RepositorySpec:
    folder = forge("local")
    made = git.made_by(Path(folder.push_target(_remote(repository)).url))
    assert made is not None
    return RepositorySpec("default", repository.name, made)


def _remote(repository: Repository) -> RemoteRepository:
    return forge("local").remote(repository.namespace, repository.name)


@pytest.mark.parametrize("ref", [ref for ref in UNSAFE if ref] + ["absent", "0" * 40, "deadbeef", "refs/heads/absent"])
def test_option_injection_and_unknown_refs_are_not_found(repository: Repository, tmp_path: Path, ref: str) -> None:
    for read in (browse.tree, browse.commits, browse.readme):
        with pytest.raises(NotFoundError):
            read(repository, ref)
    with pytest.raises(NotFoundError):
        browse.blob(repository, ref, "README.md")
    with pytest.raises(NotFoundError):
        browse.commit(repository, ref)
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("path", ["../config", "cmd/../README.md", "cmd//server", "absent", "x\ny", "README.md\0", "."])
def test_path_traversal_and_unknown_paths_are_not_found(repository: Repository, path: str) -> None:
    with pytest.raises(NotFoundError):
        browse.blob(repository, "main", path)
    with pytest.raises(NotFoundError):
        browse.tree(repository, "main", path)


def test_folder_is_no_file_and_file_is_no_folder(repository: Repository) -> None:
    with pytest.raises(NotFoundError):
        browse.blob(repository, "main", "cmd")
    with pytest.raises(NotFoundError):
        browse.blob(repository, "main", "")
    with pytest.raises(NotFoundError):
        browse.tree(repository, "main", "README.md")


def test_empty_and_missing_repositories_say_so() -> None:
    forge("local").ensure_repository(RepositorySpec("default", "empty", uuid.uuid4()))
    with pytest.raises(NotFoundError, match="no commits yet"):
        browse.tree(Repository(name="empty"))
    with pytest.raises(NotFoundError, match="cannot be read"):
        browse.tree(Repository(name="absent"))


def test_links_and_submodules_are_named_and_never_followed(folder: Path, tmp_path: Path) -> None:
    remote = forge("local").ensure_repository(RepositorySpec("default", "odd", uuid.uuid4()))
    bare = Path(forge("local").push_target(remote).url)
    git.commit_folder(bare, folder, message="First", author=AUTHOR, when=WHEN, refs=["refs/heads/main"])
    (folder / "passwd").symlink_to("/etc/passwd")
    commit(folder, bare, tmp_path, "Link")
    repository = Repository(name="odd")
    assert [entry.name for entry in browse.tree(repository) if entry.kind == "link"] == ["passwd"]
    assert browse.blob(repository, "", "passwd").content == b"/etc/passwd"


def test_a_name_that_is_no_text_or_no_address_does_not_break_the_folder(repository: Repository) -> None:
    bare = places.repository_folder("default", "ledger")
    blob = git_command.run(["hash-object", "-w", "--stdin"], repository=bare, data=b"x").strip()
    rows = [b"100644 blob " + blob + b"\t" + name + b"\0" for name in (b"a\nb", b"ok.txt", b"x\xff.txt")]
    tree = git_command.run(["mktree", "-z"], repository=bare, data=b"".join(rows)).decode().strip()
    raw = f"tree {tree}\nauthor A <a@b.c> 999999999999 +0000\ncommitter A <a@b.c> 999999999999 +0000\n\nOdd\n"
    made = git_command.run(["hash-object", "-w", "-t", "commit", "--stdin"], repository=bare, data=raw.encode())
    odd = made.decode().strip()
    found = {entry.name: entry.is_linkable for entry in browse.tree(repository, odd)}
    assert found == {"a\nb": False, "ok.txt": True, "x\ufffd.txt": False}
    assert browse.commits(repository, odd).commits[0].when.year == 9999
    shown = {"page": Paginator(browse.tree(repository, odd), 10).page(1), "repository": repository}
    page = render_to_string("git/entries.html", shown)
    page.encode()
    assert page.count("<a ") == 1
