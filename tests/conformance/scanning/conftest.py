"""Real services, made by the engine from the real library, and the means to change them."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from conformance.models import DriftedFile, Service, Verdict
from conformance.scanning import examiner
from conformance.services import scans
from portal.foundation.actors import Actor
from portal.foundation.models import User
from scaffolder import browse, git
from scaffolder import services as scaffolder
from scaffolder.choices import RunStatus
from scaffolder.models import Repository, TemplateVersion

TEMPLATE = "template:default/go-blank-service"
AUTHOR = git.Person("Alice Archer", "alice@goldpath.example")
MakeService = Callable[..., Service]


@pytest.fixture(scope="module", autouse=True)
def _end_examiners() -> Iterator[None]:
    """Share the examiner between the tests of a module, and end it with them."""
    yield
    examiner.stop()


@pytest.fixture
def make_service(people: Mapping[str, User], settings: Settings) -> MakeService:
    """Return a function that makes a service by a whole run without verify."""
    settings.GOLDPATH_VERIFY = "never"
    scaffolder.register_templates()
    actor = Actor("user:default/alice", frozenset({"group:default/payments"}))

    def make(name: str = "ledger", **answers: object) -> Service:
        values = {
            "name": name,
            "description": "Books payments",
            "owner": "group:default/payments",
            "system": "system:default/checkout",
            "lifecycle": "production",
            **answers,
        }
        run = scaffolder.start_run(TEMPLATE, values, actor)
        scaffolder.advance(run.pk)
        run.refresh_from_db()
        assert run.status == RunStatus.COMPLETED, run.error
        service = scans.service_of(Repository.objects.get(name=name))
        assert service is not None
        return service

    return make


@pytest.fixture
def service(make_service: MakeService) -> Service:
    """A fresh service."""
    return make_service()


def folder_of(service: Service) -> Path:
    """Return the bare repository of a service."""
    return browse.folder_of(service.repository)


def commit(
    service: Service,
    written: Mapping[str, bytes | str] | None = None,
    *,
    removed: tuple[str, ...] = (),
    moved: Mapping[str, str] | None = None,
    message: str = "Change",
    when: dt.datetime | None = None,
) -> git.Commit:
    """Commit changes on top of the default branch, as a push would leave them."""
    contents = {
        path: content.encode() if isinstance(content, str) else content for path, content in (written or {}).items()
    }
    edits = git.Edits(contents, removed, moved or {})
    when = when or timezone.now()
    return git.commit_edits(folder_of(service), edits, branch="main", message=message, author=AUTHOR, when=when)


def text_of(service: Service, path: str, ref: str = "") -> str:
    """Return a file of a service's repository."""
    return browse.blob(service.repository, ref, path).content.decode()


def replace(service: Service, path: str, find: str, by: str) -> git.Commit:
    """Commit one replacement in one file."""
    text = text_of(service, path)
    assert find in text, f"{find!r} is not in {path}"
    return commit(service, {path: text.replace(find, by)})


def drift_of(service: Service) -> dict[str, str]:
    """Return the class of every file that departed."""
    return dict(DriftedFile.objects.filter(service=service).values_list("path", "drift"))


def verdict(service: Service, check: str) -> Verdict:
    """Return the current verdict of a check."""
    return Verdict.objects.get(service=service, check_id=check)


def newer_release(folder: Path, prefixes: dict[str, str]) -> TemplateVersion:
    """Register a release of the library in which some files begin with one more line."""
    from scaffolder import library

    root = folder / "library"
    shutil.copytree(library.default_root(), root, symlinks=True)
    settings = root / "library.yaml"
    settings.write_text(settings.read_text().replace(library.load().version, "99.0.0"))
    for path, prefix in prefixes.items():
        file = root / "base" / "files" / path
        file.write_text(prefix + file.read_text())
    loaded = library.load(root)
    library.keep(loaded)
    ref = "template:default/go-blank-service"
    TemplateVersion.objects.filter(ref=ref).update(is_current=False)
    manifest = dict(loaded.templates[ref].manifest)
    return TemplateVersion.objects.create(
        ref=ref, version=loaded.version, digest=loaded.digest, library=loaded.name, manifest=manifest
    )
