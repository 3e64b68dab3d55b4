"""What happens around runs: pushes to repositories, sweeping, warming, the tasks."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

import catalog.services as catalog
from catalog.models import Entity
from portal.foundation import home
from portal.foundation.actors import Actor
from portal.foundation.errors import UnavailableError
from portal.foundation.models import User
from scaffolder import services, tasks, verification
from scaffolder.choices import RunStatus
from scaffolder.models import Draft, Repository, Run, TemplateVersion
from tests.scaffolder.services.conftest import COMPONENT, REF, component, entity, push


def test_a_push_brings_the_descriptor_up_to_date(repository: Repository, tmp_path: Path) -> None:
    push(repository, tmp_path, {"catalog-info.yaml": component()})
    assert services.refresh_from_repository(repository.pk) == [COMPONENT]
    found = catalog.find(COMPONENT)
    assert found is not None
    assert found.lifecycle == "production"
    annotations = found.document["metadata"]["annotations"]
    assert annotations["backstage.io/source-template"] == REF
    assert catalog.find("api:default/payment-ledger-api") is None


def test_a_push_is_taken_over_when_the_portals_address_changed(
    repository: Repository, tmp_path: Path, settings: Settings
) -> None:
    settings.GOLDPATH_BASE_URL = "http://127.0.0.1:9999"
    push(repository, tmp_path, {"catalog-info.yaml": component()})
    assert services.refresh_from_repository(str(repository.pk)) == [COMPONENT]


@pytest.mark.parametrize(
    "text",
    [
        "not: [yaml",
        "kind: Component",
        component().replace("payment-ledger", "another-name"),
        component() + entity("Group", "platform", "{type: team, children: []}"),
        component() + entity("User", "bob", "{memberOf: [platform]}"),
        component() + entity("API", "stolen", "{type: x, owner: z, definition: {$text: ../../etc/passwd}}"),
        component() + "---\n- a list\n",
        "x" * 3_000_000,
    ],
    ids=["yaml", "no-metadata", "renamed", "group", "user", "path-traversal", "list", "large"],
)
def test_a_descriptor_that_is_wrong_changes_nothing(repository: Repository, tmp_path: Path, text: str) -> None:
    before = catalog.find(COMPONENT)
    push(repository, tmp_path, {"catalog-info.yaml": text})
    assert services.refresh_from_repository(repository.pk) == []
    after = catalog.find(COMPONENT)
    assert before is not None
    assert after is not None
    assert after.document == before.document
    assert catalog.find("api:default/payment-ledger-api") is not None
    assert catalog.find("api:default/stolen") is None


API = "{type: x, lifecycle: x, owner: payments, definition: y}"


@pytest.mark.parametrize(
    "text",
    [
        component() + entity("Component", "payment-ledger-two", "{type: x, lifecycle: x, owner: payments}"),
        component() + entity("Component", "identity-api", "{type: x, lifecycle: x, owner: payments}"),
        component() + entity("API", "identity-api", API),
        component() + entity("API", "payment-ledgers", API),
        component() + entity("API", "payment-ledger-api, namespace: identity", API),
        component() + entity("Resource", "payment-ledger-db", "{type: x, owner: identity}"),
        component(owner="group:default/identity"),
        component(owner="user:default/payments"),
        component() + "---\n" + component(),
    ],
    ids=["component", "foreign", "api", "prefix", "namespace", "owner", "given-away", "user", "twice"],
)
def test_taking_a_name_or_an_owner_of_another_team_by_a_push_changes_nothing(
    repository: Repository, tmp_path: Path, text: str
) -> None:
    before = set(Entity.objects.values_list("ref", "etag"))
    push(repository, tmp_path, {"catalog-info.yaml": text})
    assert services.refresh_from_repository(repository.pk) == []
    assert set(Entity.objects.values_list("ref", "etag")) == before


def test_a_repository_may_define_apis_and_resources_of_its_own_name(repository: Repository, tmp_path: Path) -> None:
    own = entity("API", "payment-ledger", API) + entity("Resource", "payment-ledger-db", "{type: x, owner: payments}")
    push(repository, tmp_path, {"catalog-info.yaml": component() + own})
    expected = [COMPONENT, "api:default/payment-ledger", "resource:default/payment-ledger-db"]
    assert services.refresh_from_repository(repository.pk) == expected


def test_a_push_of_thousands_of_placeholders_changes_nothing(repository: Repository, tmp_path: Path) -> None:
    many = "".join(f"    - {{$text: ./a{number}}}\n" for number in range(16_000))
    files = {f"a{number}": "x" for number in range(60)}
    push(repository, tmp_path, {"catalog-info.yaml": component() + "  many:\n" + many, **files})
    with capture_logs() as logged:
        assert services.refresh_from_repository(repository.pk) == []
    assert "more than 50 files" in logged[-1]["reason"]


@pytest.mark.parametrize("name", ["catalog-info.yaml", "text"])
def test_a_push_of_bytes_that_are_not_utf_8_does_not_crash_the_worker(
    repository: Repository, tmp_path: Path, name: str
) -> None:
    good = {"catalog-info.yaml": component() + "  text: {$text: ./text}\n", "text": "x"}
    push(repository, tmp_path, {**good, name: "\udcff"})
    with capture_logs() as logged:
        assert services.refresh_from_repository(repository.pk) == []
    assert "is not UTF-8 text" in logged[-1]["reason"]


def test_a_push_that_removes_the_descriptor_changes_nothing(repository: Repository, tmp_path: Path) -> None:
    push(repository, tmp_path, {"README.md": "nothing here"})
    assert services.refresh_from_repository(repository.pk) == []
    assert catalog.find(COMPONENT) is not None


def test_a_repository_without_lineage_defines_nothing(db: None) -> None:
    row = Repository.objects.create(name="alone", owner_ref="group:default/payments")
    assert services.refresh_from_repository(row.pk) == []


def test_the_sweep_removes_what_is_left_over(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, alice: User
) -> None:
    active, ended = services.start_run(REF, values, actor), services.start_run(REF, {**values, "name": "other"}, actor)
    Run.objects.filter(pk=ended.pk).update(status=RunStatus.FAILED)
    folders = [home.folder("work", name) for name in (str(active.pk), str(ended.pk), str(uuid.uuid4()), "not-a-run")]
    old, new = (Draft.objects.create(user=alice, template=template) for _ in range(2))
    Draft.objects.filter(pk=old.pk).update(updated_at=timezone.now() - dt.timedelta(days=31))
    swept = services.sweep()
    assert (swept["workspaces"], swept["drafts"], swept["previews"]) == (2, 1, 0)
    assert [folder.exists() for folder in folders] == [True, False, False, True]
    assert Draft.objects.get() == new


def test_the_tasks_call_their_services(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    for verb in ("advance", "reap", "reap_pushes", "refresh_from_repository", "warm", "sweep"):
        monkeypatch.setattr(services, verb, lambda *given, verb=verb: called.append((verb, *given)))
    key = uuid.uuid4()
    tasks.advance_run(str(key))
    tasks.reap_runs()
    tasks.repository_pushed(str(key))
    tasks.warm_caches()
    tasks.sweep()
    expected = [("advance", key), ("reap",), ("reap_pushes",), ("refresh_from_repository", key), ("warm",), ("sweep",)]
    assert called == expected


def test_warming_that_fails_is_logged_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def warm(log: Any) -> None:
        log("Downloading")
        raise UnavailableError("no network")

    monkeypatch.setattr(verification, "warm", warm)
    with capture_logs() as logged:
        services.warm()
    assert [entry["event"] for entry in logged] == ["warming", "the caches could not be warmed"]
    assert logged[1]["reason"] == "no network"
