"""The registered library, and values that a run can be started with."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from portal.foundation.actors import Actor
from portal.foundation.models import User
from scaffolder import git, services
from scaffolder.forges.local import places
from scaffolder.models import Repository, TemplateVersion

REF = "template:default/go-blank-service"
COMPONENT = "component:default/payment-ledger"


@pytest.fixture
def template(people: dict[str, User]) -> TemplateVersion:
    """The blank service, registered."""
    return next(version for version in services.register_templates() if version.ref == REF)


@pytest.fixture
def values() -> dict[str, Any]:
    """Good answers."""
    return {
        "name": "payment-ledger",
        "description": "Keeps the books",
        "owner": "group:default/payments",
        "system": "system:default/checkout",
        "lifecycle": "experimental",
    }


@pytest.fixture
def actor() -> Actor:
    """Alice, of payments."""
    return Actor("user:default/alice", frozenset({"group:default/payments"}))


@pytest.fixture
def outsider() -> Actor:
    """Charlie, of identity."""
    return Actor("user:default/charlie", frozenset({"group:default/identity"}))


@pytest.fixture
def repository(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> Repository:
    """The repository of a finished run."""
    run = services.start_run(REF, values, actor)
    services.advance(run.pk)
    return Repository.objects.get(created_by=run)


def push(repository: Repository, tmp_path: Path, files: dict[str, str]) -> None:
    """Make one commit of these files the head of the default branch, as a push would."""
    folder = tmp_path / uuid.uuid4().hex
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", errors="surrogateescape")
    commit = git.commit_folder(
        places.repository_folder(repository.namespace, repository.name),
        folder,
        message="Change it",
        author=git.Person("bob", "bob@example.invalid"),
        when=timezone.now(),
        refs=[f"refs/heads/pushed-{folder.name}"],
    )
    Repository.objects.filter(pk=repository.pk).update(head_commit=commit.id)


def component(**spec: str) -> str:
    given = {"type": "service", "lifecycle": "production", "owner": "group:default/payments", **spec}
    lines = "\n".join(f"  {key}: {value}" for key, value in given.items())
    return f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: payment-ledger\nspec:\n{lines}\n"


def entity(kind: str, name: str, spec: str) -> str:
    return f"---\napiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
