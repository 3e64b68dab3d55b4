"""A repository on the local forge, and a real git client."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.foundation.models import User
from portal.foundation.tokens import create_token
from scaffolder import git
from scaffolder.forges import RemoteRepository, RepositorySpec, forge
from scaffolder.models import Repository

WHEN = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
RENDER_REF = "refs/goldpath/render"


@dataclass
class Client:
    """The git command, as a person uses it: configuration, prompts and credentials of nobody else."""

    folder: Path

    def __call__(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Somebody",
            "GIT_AUTHOR_EMAIL": "somebody@example.com",
            "GIT_COMMITTER_NAME": "Somebody",
            "GIT_COMMITTER_EMAIL": "somebody@example.com",
            "NO_PROXY": "*",
            **environment,
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    def commit(self, path: str, content: bytes | str, message: str = "Change") -> None:
        """Write one file and commit it."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        self("add", "-A")
        self("commit", "-q", "-m", message)


@pytest.fixture
def client_in(tmp_path: Path) -> Callable[[str], Client]:
    """Return a function that gives a git client in a folder of this name."""

    def make(name: str) -> Client:
        folder = tmp_path / "clients" / name
        folder.mkdir(parents=True, exist_ok=True)
        return Client(folder)

    return make


@pytest.fixture
def ledger(transactional_db: None, tmp_path: Path) -> RemoteRepository:
    """A protected repository of payments, with one commit, as a run leaves it."""
    run_id = uuid.uuid4()
    local = forge("local")
    remote = local.ensure_repository(RepositorySpec("default", "ledger", run_id))
    folder = tmp_path / "render"
    (folder / "cmd").mkdir(parents=True)
    (folder / "README.md").write_text("# Ledger\n", encoding="utf-8")
    (folder / "cmd" / "main.go").write_text("package main\n", encoding="utf-8")
    refs = ["refs/heads/main", RENDER_REF]
    author = git.Person("Goldpath", "goldpath@example.com")
    commit = git.commit_folder(tmp_path / "work", folder, message="Render", author=author, when=WHEN, refs=refs)
    git.push(tmp_path / "work", local.push_target(remote), [f"{ref}:{ref}" for ref in refs])
    Repository.objects.create(
        name="ledger",
        owner_ref="group:default/payments",
        head_commit=commit.id,
        render_commit=commit.id,
        is_protected=True,
    )
    return remote


@pytest.fixture
def url_for(live_server: object) -> Callable[..., str]:
    """Return a function that gives the clone address, with a fresh token of an account in it."""

    def url(user: User | None = None, name: str = "ledger", token: str | None = None) -> str:
        base = str(live_server).removeprefix("http://")
        if user is not None:
            token = create_token(user, "git")
        credentials = f"git:{token}@" if token else ""
        return f"http://{credentials}{base}/git/default/{name}.git"

    return url
