"""The real library, and the world outside: repositories on the local forge and entities in the catalog."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Entity
from portal.foundation.actors import Actor
from portal.foundation.models import User
from scaffolder import services
from scaffolder.models import Lineage, Repository, Run, TemplateVersion

REF = "template:default/go-blank-service"
NAME = "payment-ledger"
ALICE = Actor("user:default/alice", frozenset({"group:default/payments"}))


@dataclass(frozen=True)
class Outside:
    """What a run left behind."""

    home: Path

    @property
    def repositories(self) -> list[str]:
        """The names of the folders on the forge, half-made ones included."""
        root = self.home / "git"
        return sorted(path.name for path in root.glob("*/*")) if root.is_dir() else []

    def refs(self, name: str = NAME) -> dict[str, str]:
        """The refs of a repository with the trees that they point to."""
        found = self._git(name, "for-each-ref", "--format=%(refname) %(tree)").splitlines()
        return dict(line.split() for line in found)

    def files(self, name: str = NAME) -> list[str]:
        """The paths on the default branch."""
        return self._git(name, "ls-tree", "-r", "--name-only", "main").splitlines()

    def commits(self, name: str = NAME) -> list[str]:
        """The subjects of the commits on the default branch."""
        return self._git(name, "log", "--format=%s", "main").splitlines()

    def registered(self) -> list[str]:
        """The references of components and APIs in the catalog."""
        return sorted(Entity.objects.filter(kind__in=["Component", "API"]).values_list("ref", flat=True))

    def is_empty(self) -> bool:
        """Tell whether nothing is left of any run."""
        rows = Repository.objects.exists() or Lineage.objects.exists()
        return not rows and not self.repositories and not self.registered()

    def _git(self, name: str, *arguments: str) -> str:
        folder = self.home / "git" / "default" / f"{name}.git"
        return subprocess.run(
            ["git", f"--git-dir={folder}", *arguments], capture_output=True, text=True, check=True
        ).stdout


@pytest.fixture
def outside(goldpath_home: Path) -> Outside:
    """What runs leave behind."""
    return Outside(goldpath_home)


@pytest.fixture
def template(people: dict[str, User]) -> TemplateVersion:
    """The blank service, registered."""
    return next(version for version in services.register_templates() if version.ref == REF)


@pytest.fixture
def values() -> dict[str, Any]:
    """Good answers."""
    return {
        "name": NAME,
        "description": "Keeps the books",
        "owner": "group:default/payments",
        "system": "system:default/checkout",
        "lifecycle": "experimental",
    }


@pytest.fixture
def start(template: TemplateVersion, values: dict[str, Any]) -> Callable[..., Run]:
    """Return a function that starts a run of Alice."""

    def begin(**changed: Any) -> Run:
        return services.start_run(REF, {**values, **changed}, ALICE)

    return begin
