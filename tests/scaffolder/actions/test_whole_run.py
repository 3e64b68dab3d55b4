"""The real actions, from answers to a clonable, registered service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import catalog.services as catalog
from scaffolder import browse, services
from scaffolder.choices import EffectState, RunStatus
from scaffolder.models import Lineage, Repository, Run
from tests.scaffolder.actions.conftest import NAME, Outside


def test_a_run_makes_one_repository_with_the_pure_render_and_one_registration(
    start: Callable[..., Run], outside: Outside
) -> None:
    run = start()
    services.advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED, run.error
    assert outside.repositories == [f"{NAME}.git"]
    refs = outside.refs()
    assert set(refs) == {"refs/heads/main", "refs/goldpath/render"}
    assert len(set(refs.values())) == 1
    assert {"catalog-info.yaml", ".goldpath/lock.json", "go.mod", "cmd/server/main.go"} <= set(outside.files())
    assert outside.commits() == [f"Create {NAME} from template:default/go-blank-service {run.template.version}"]
    assert outside.registered() == [f"api:default/{NAME}-api", f"component:default/{NAME}"]
    assert {effect.state for effect in run.effects.all()} == {EffectState.DONE}
    assert not (outside.home / "work" / str(run.pk)).exists()


def test_the_output_links_to_the_repository_and_to_the_entity(start: Callable[..., Run]) -> None:
    run = start()
    services.advance(run.pk)
    run.refresh_from_db()
    links = {key: link[key] for link in run.output["links"] for key in ("url", "entityRef") if key in link}
    assert links == {
        "url": f"http://127.0.0.1:8000/git/default/{NAME}.git",
        "entityRef": f"component:default/{NAME}",
    }


def test_repository_lineage_and_entity_say_where_the_service_came_from(start: Callable[..., Run]) -> None:
    run = start()
    services.advance(run.pk)
    repository, lineage = Repository.objects.get(), Lineage.objects.get()
    assert repository.is_protected
    assert repository.created_by == run
    assert repository.owner_ref == "group:default/payments"
    assert repository.head_commit == repository.render_commit == lineage.render_commit
    assert lineage.repository == repository
    assert lineage.entity_ref == f"component:default/{NAME}"
    assert lineage.answers == run.values
    assert lineage.lock == json.loads(browse.blob(repository, "main", ".goldpath/lock.json").content)
    entity = catalog.find(lineage.entity_ref)
    assert entity is not None
    annotations = entity.document["metadata"]["annotations"]
    assert annotations["backstage.io/source-location"] == f"url:http://127.0.0.1:8000/git/default/{NAME}/"
    assert annotations["backstage.io/source-template"] == "template:default/go-blank-service"
    assert annotations["goldpath.dev/template-version"] == run.template.version
    assert (entity.owner_ref, entity.system_ref) == ("group:default/payments", "system:default/checkout")


def test_values_with_template_syntax_arrive_as_text(start: Callable[..., Run]) -> None:
    text = "{{ 7*7 }} ${{ parameters.name }} [[= 7*7 ]] <%% x %%>"
    run = start(description=text)
    services.advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED, run.error
    entity = catalog.find(f"component:default/{NAME}")
    assert entity is not None
    assert entity.document["metadata"]["description"] == text


def test_no_machine_path_is_in_any_row_of_a_run(start: Callable[..., Run], outside: Outside) -> None:
    run = start()
    services.advance(run.pk)
    rows: list[Any] = [*run.events.values(), *run.effects.values(), *run.steps.values(), *Run.objects.values()]
    assert str(outside.home) not in json.dumps([*rows, *Lineage.objects.values()], default=str)


def test_a_service_with_a_database_registers_too(start: Callable[..., Run], outside: Outside) -> None:
    run = start(postgres=True)
    services.advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED, run.error
    assert any(path.endswith(".sql") for path in outside.files())


def test_a_run_takes_few_queries(start: Callable[..., Run], django_assert_max_num_queries: Any) -> None:
    run = start()
    with django_assert_max_num_queries(110):
        services.advance(run.pk)
