"""Pushes whose message, request or worker was lost: each is taken over once somebody looks again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from structlog.testing import capture_logs

import catalog.services as catalog
from portal.foundation.actors import Actor
from scaffolder import git, services, tasks
from scaffolder.actions import catalog_register
from scaffolder.engine import reaper
from scaffolder.forges.local import heads, places
from scaffolder.models import Lineage, Repository, TemplateVersion
from scaffolder.services import repositories
from scaffolder.signals import repository_pushed
from tests.scaffolder.services.conftest import COMPONENT, REF, component, entity, push


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the repositories that were rung for."""
    found: list[str] = []
    monkeypatch.setattr("scaffolder.tasks.repository_pushed.apply_async", lambda args, **_: found.append(args[0]))
    return found


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The commits that `repository_pushed` told of."""
    found: list[str] = []

    def listen(repository: Repository, **_: Any) -> None:
        found.append(repository.head_commit)

    repository_pushed.connect(listen)
    yield found
    repository_pushed.disconnect(listen)


def age(**seconds: float) -> None:
    """Let all pushes have happened a while ago."""
    Repository.objects.update(pushed_at=timezone.now() - dt.timedelta(**seconds))


def put(repository: Repository, tmp_path: Path, files: dict[str, str]) -> str:
    """Make the commit of these files the head on disk only, as a push whose request was killed; return the commit."""
    before = Repository.objects.get(pk=repository.pk).head_commit
    push(repository, tmp_path, files)
    commit = Repository.objects.get(pk=repository.pk).head_commit
    Repository.objects.filter(pk=repository.pk).update(head_commit=before)
    folder = places.repository_folder(repository.namespace, repository.name)
    (folder / "refs" / "heads" / repository.default_branch).write_text(commit + "\n", encoding="ascii")
    return commit


def test_a_push_whose_message_was_lost_is_taken_over_by_the_reaper(
    repository: Repository, tmp_path: Path, rung: list[str]
) -> None:
    push(repository, tmp_path, {"catalog-info.yaml": component()})
    assert services.reap_pushes() == 0, "the message may still be on its way"
    age(seconds=6)
    assert services.reap_pushes() == 1
    tasks.repository_pushed(*rung)
    found = catalog.find(COMPONENT)
    assert found is not None
    assert found.lifecycle == "production"
    assert services.reap_pushes() == 0


def test_a_new_service_is_settled_from_the_start(repository: Repository, rung: list[str]) -> None:
    assert repository.ingested_commit == repository.head_commit == repository.render_commit
    age(hours=1)
    assert services.reap_pushes() == 0


def test_a_push_between_publication_and_registration_is_taken_over(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, tmp_path: Path, rung: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real, run = catalog_register.documents_of, services.start_run(REF, values, actor)

    def late(*given: Any, **named: Any) -> Any:
        row = Repository.objects.get()
        push(row, tmp_path, {"catalog-info.yaml": component()})
        assert services.refresh_from_repository(row.pk) == [], "there is no service yet"
        return real(*given, **named)

    monkeypatch.setattr(catalog_register, "documents_of", late)
    services.advance(run.pk)
    age(seconds=6)
    assert services.reap_pushes() == 1
    assert services.refresh_from_repository(rung[0]) == [COMPONENT]


@pytest.mark.parametrize("text", ["not: [yaml", component(owner="group:default/identity"), "\udcff"])
def test_a_wrong_descriptor_is_settled_and_not_tried_again(
    repository: Repository, tmp_path: Path, rung: list[str], heard: list[str], text: str
) -> None:
    push(repository, tmp_path, {"catalog-info.yaml": text})
    age(seconds=6)
    with capture_logs() as logged:
        services.refresh_from_repository(repository.pk)
    assert [line["event"] for line in logged] == ["catalog-info.yaml was not taken over"]
    assert services.reap_pushes() == 0
    assert len(heard) == 1, "the push has happened, whatever the descriptor says"


def test_a_descriptor_that_another_location_stands_against_is_settled(repository: Repository, tmp_path: Path) -> None:
    database = entity("Resource", "payment-ledger-db", "{type: x, owner: payments}")
    catalog.upsert_entities(catalog.parse_descriptor(database), location="url:elsewhere")
    push(repository, tmp_path, {"catalog-info.yaml": component() + database})
    with capture_logs() as logged:
        assert services.refresh_from_repository(repository.pk) == []
    assert "already defined by another location" in logged[0]["reason"]
    assert not Repository.objects.behind().exists()
    assert catalog.find(COMPONENT).lifecycle == "experimental"  # type: ignore[union-attr]


def test_a_defect_of_ours_is_logged_and_does_not_come_back(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(repository, tmp_path, {"catalog-info.yaml": component()})
    monkeypatch.setattr(repositories, "documents_of", lambda *_, **__: 1 / 0)
    with capture_logs() as logged:
        assert services.refresh_from_repository(repository.pk) == []
    assert logged[0]["log_level"] == "error"
    assert not Repository.objects.behind().exists()


@pytest.mark.parametrize("error", [OperationalError("the database is gone"), OSError("no process can be started")])
def test_what_may_work_a_moment_later_is_tried_again(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rung: list[str], error: Exception
) -> None:
    push(repository, tmp_path, {"catalog-info.yaml": component()})
    age(seconds=6)

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(catalog, "upsert_entities", fail)
    with pytest.raises(type(error)):
        services.refresh_from_repository(repository.pk)
    assert services.reap_pushes() == 1


def test_a_worker_killed_before_the_commit_is_followed_by_one_that_takes_over(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rung: list[str]
) -> None:
    push(repository, tmp_path, {"catalog-info.yaml": component()})
    age(seconds=6)
    real = catalog.upsert_entities

    def killed(*given: Any, **named: Any) -> None:
        real(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "upsert_entities", killed)
    with pytest.raises(KeyboardInterrupt):
        services.refresh_from_repository(repository.pk)
    assert services.reap_pushes() == 1
    assert catalog.find(COMPONENT).lifecycle == "experimental"  # type: ignore[union-attr]


def test_a_worker_that_was_overtaken_by_another_push_changes_nothing(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: list[str]
) -> None:
    push(repository, tmp_path, {"catalog-info.yaml": component(lifecycle="deprecated")})
    real = catalog_register.documents_of

    def overtaken(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(repositories, "documents_of", real)
        push(repository, tmp_path, {"catalog-info.yaml": component()})
        assert services.refresh_from_repository(repository.pk) == [COMPONENT]
        return real(*given, **named)

    monkeypatch.setattr(repositories, "documents_of", overtaken)
    assert services.refresh_from_repository(repository.pk) == []
    assert catalog.find(COMPONENT).lifecycle == "production"  # type: ignore[union-attr]
    assert heard == [Repository.objects.get().head_commit]


def test_a_repository_that_is_gone_is_nothing_to_do(db: None) -> None:
    assert services.refresh_from_repository("00000000-0000-0000-0000-000000000000") == []


def test_a_repository_without_a_service_has_nothing_to_take_over(db: None, heard: list[str], rung: list[str]) -> None:
    row = Repository.objects.create(name="alone", owner_ref="group:default/payments", head_commit="a" * 40)
    assert services.refresh_from_repository(row.pk) == []
    assert services.reap_pushes() == 0
    assert heard == rung == []


def service(template: TemplateVersion, name: str, *, minutes: int) -> str:
    """Record a service whose head was pushed so many minutes ago, and return the id of its repository."""
    pushed_at = timezone.now() - dt.timedelta(minutes=minutes)
    row = Repository.objects.create(name=name, head_commit="a" * 40, pushed_at=pushed_at)
    Lineage.objects.create(entity_ref=f"component:default/{name}", repository=row, template=template)
    return str(row.pk)


def test_the_reaper_rings_in_batches_the_oldest_first(
    template: TemplateVersion, rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaper, "BATCH", 2)
    keys = [service(template, f"r{minutes}", minutes=minutes) for minutes in (1, 2, 3, 4)]
    for expected in (keys[:1:-1], keys[1::-1], []):
        rung.clear()
        assert services.reap_pushes() == len(expected)
        assert rung == expected
        for key in rung:
            services.refresh_from_repository(key)


def test_the_reaper_of_pushes_stops_when_the_broker_is_down(
    template: TemplateVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("scaffolder.tasks.repository_pushed.apply_async", down)
    service(template, "one", minutes=1)
    service(template, "two", minutes=2)
    with capture_logs() as logged:
        assert services.reap_pushes() == 0
    assert len(logged) == 1


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_a_push_whose_request_was_killed_is_found_by_the_sweep(
    repository: Repository, tmp_path: Path, rung: list[str], packed: bool
) -> None:
    commit = put(repository, tmp_path, {"catalog-info.yaml": component()})
    if packed:
        git.pack(places.repository_folder(repository.namespace, repository.name))
    assert services.sweep()["pushes"] == 1
    row = Repository.objects.get()
    assert row.head_commit == commit
    assert rung == [str(repository.pk)]
    assert services.refresh_from_repository(row.pk) == [COMPONENT]
    assert services.sweep()["pushes"] == 0


def test_the_sweep_starts_no_process_and_passes_by_what_cannot_be_read(
    repository: Repository, tmp_path: Path, rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(repository, tmp_path, {"catalog-info.yaml": component()})
    git.pack(places.repository_folder(repository.namespace, repository.name))
    monkeypatch.setattr(git.command, "run", lambda *_, **__: pytest.fail("git was started"))
    broken = [
        Repository(name="absent", head_commit="a" * 40),
        Repository(name="../escaped", head_commit="a" * 40),
        Repository(name="odd", default_branch="a..b", head_commit="a" * 40),
        Repository(name="elsewhere", forge="github", head_commit="a" * 40),
    ]
    Repository.objects.bulk_create(broken)
    with capture_logs() as logged:
        assert heads.note_missed_pushes() == 1
    assert [line["event"] for line in logged] == ["a repository's head could not be read"] * 2
    assert str(places.root()) not in str(logged)


def test_a_head_that_a_crash_left_half_written_is_not_recorded(
    repository: Repository, tmp_path: Path, rung: list[str]
) -> None:
    folder = places.repository_folder(repository.namespace, repository.name)
    for text in (b"\0" * 41, b"", b"\xff\xfe", b"ref: refs/heads/x\n"):
        (folder / "refs" / "heads" / "main").write_bytes(text)
        assert heads.note_missed_pushes() == 0
    assert Repository.objects.get().head_commit == repository.head_commit


def test_of_two_pushes_at_once_the_slower_request_does_not_leave_the_older_head(
    repository: Repository, tmp_path: Path, rung: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    older = put(repository, tmp_path, {"a": "older"})
    real, newer = git.head, ""

    def slow(*given: Any) -> str:
        nonlocal newer
        monkeypatch.setattr(git, "head", real)
        newer = put(repository, tmp_path, {"a": "newer"})
        assert heads.note_push(repository)
        return older

    monkeypatch.setattr(git, "head", slow)
    assert heads.note_push(repository)
    assert Repository.objects.get().head_commit == newer
    assert newer not in {"", older}


def test_every_push_and_every_new_service_is_told_and_a_listener_that_fails_is_logged(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, tmp_path: Path, heard: list[str],
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    def fail(**_: Any) -> None:
        raise RuntimeError("the listener is broken")

    repository_pushed.connect(fail)
    try:
        run = services.start_run(REF, values, actor)
        with django_capture_on_commit_callbacks(execute=True):
            services.advance(run.pk)
        row = Repository.objects.get()
        assert heard == [row.render_commit]
        push(row, tmp_path, {"catalog-info.yaml": component()})
        assert services.refresh_from_repository(row.pk) == [COMPONENT]
    finally:
        repository_pushed.disconnect(fail)
    assert heard[1:] == [Repository.objects.get().head_commit]
    assert [record.name for record in caplog.records if "is broken" in record.getMessage()] == ["django.dispatch"] * 2
    run.refresh_from_db()
    assert run.status == "completed"


def test_a_registration_that_is_rolled_back_is_not_told(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, heard: list[str],
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    run, real = services.start_run(REF, values, actor), catalog.upsert_entities

    def fail(*given: Any, **named: Any) -> None:
        real(*given, **named)
        raise RuntimeError("no")

    monkeypatch.setattr(catalog, "upsert_entities", fail)
    with django_capture_on_commit_callbacks(execute=True):
        services.advance(run.pk)
    assert heard == []
