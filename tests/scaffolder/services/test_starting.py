"""What starts a run, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

import catalog.services as catalog
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, FieldError, InputError, NotFoundError
from scaffolder import services
from scaffolder.choices import RunStatus
from scaffolder.forges import RepositorySpec, forge
from scaffolder.models import Repository, Run, TemplateVersion
from scaffolder.services import runs
from scaffolder.services.names import Target
from tests.scaffolder.services.conftest import REF


def refused(values: dict[str, Any], actor: Actor, template: str = REF) -> tuple[FieldError, ...]:
    with pytest.raises(InputError) as caught:
        services.start_run(template, values, actor)
    assert not Run.objects.exists()
    assert caught.value.fields
    return caught.value.fields


def test_a_run_is_stored_with_its_steps_and_its_first_event(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    run = services.start_run("go-blank-service", values, actor)
    assert run.status == RunStatus.QUEUED
    assert run.template == template
    assert run.values["logger"] == "logrus"
    assert run.values["name"] == "payment-ledger"
    assert (run.target_namespace, run.target_name) == ("default", "payment-ledger")
    assert (run.actor_ref, run.owner_ref) == ("user:default/alice", "group:default/payments")
    steps = list(run.steps.values_list("key", "action"))
    assert steps == [
        ("render", "goldpath:render"),
        ("verify", "goldpath:verify"),
        ("publish", "publish:local"),
        ("protect", "goldpath:protect"),
        ("register", "catalog:register"),
    ]
    assert run.events.get().body["stepId"] == "render"


def test_the_doorbell_rings_with_the_id_after_the_commit(
    template: TemplateVersion,
    values: dict[str, Any],
    actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr("scaffolder.tasks.advance_run.apply_async", lambda args, **_: rung.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        run = services.start_run(REF, values, actor)
        assert rung == []
    assert rung == [(str(run.pk),)]


def test_a_broker_that_is_down_does_not_fail_the_start(
    template: TemplateVersion,
    values: dict[str, Any],
    actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("scaffolder.tasks.advance_run.apply_async", down)
    with django_capture_on_commit_callbacks(execute=True):
        run = services.start_run(REF, values, actor)
    assert Run.objects.get() == run


def test_an_unknown_template_is_not_found(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    for ref in ("template:default/nothing", "component:default/go-blank-service", "", "a b", "x" * 5000):
        with pytest.raises(NotFoundError):
            services.start_run(ref, values, actor)


def test_a_name_that_is_being_created_is_refused(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    services.start_run(REF, values, actor)
    with pytest.raises(InputError) as caught:
        services.start_run(REF, values, actor)
    assert [error.path for error in caught.value.fields] == [("name",)]
    assert not services.name_status("default", "payment-ledger").free


def test_a_name_of_a_component_is_refused(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    document = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "payment-ledger"},
        "spec": {"type": "service", "lifecycle": "production", "owner": "group:default/identity"},
    }
    catalog.upsert_entities([document], location="url:elsewhere")
    assert [error.path for error in refused(values, actor)] == [("name",)]


def test_a_name_of_a_repository_row_is_refused(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    Repository.objects.create(name="payment-ledger", owner_ref="group:default/identity")
    assert "repository" in refused(values, actor)[0].message


def test_a_name_of_a_repository_on_the_forge_is_refused(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    forge("local").ensure_repository(RepositorySpec("default", "payment-ledger", template_run_id()))
    assert "repository" in refused(values, actor)[0].message


def template_run_id() -> Any:
    import uuid

    return uuid.uuid4()


def test_an_unknown_owner_is_refused(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    for owner in ("group:default/nobody", "user:default/alice", "system:default/checkout"):
        errors = refused({**values, "owner": owner}, actor)
        assert [error.path for error in errors] == [("owner",)]
        assert f"There is no group {owner} in the catalog" in errors[0].message


def test_an_owner_that_the_actor_is_not_a_member_of_is_refused(
    template: TemplateVersion, values: dict[str, Any], outsider: Actor
) -> None:
    errors = refused(values, outsider)
    assert [error.path for error in errors] == [("owner",)]
    assert "not a member" in errors[0].message


def test_a_platform_engineer_may_start_for_every_team(template: TemplateVersion, values: dict[str, Any]) -> None:
    run = services.start_run(REF, values, Actor("user:default/admin", is_platform=True))
    assert run.owner_ref == "group:default/payments"


def test_an_unknown_system_is_refused(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    for system in ("system:default/nothing", "group:default/payments"):
        errors = refused({**values, "system": system}, actor)
        assert [error.path for error in errors] == [("system",)]


def test_everything_that_stands_against_a_run_is_said_at_once(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    Repository.objects.create(name="payment-ledger", owner_ref="group:default/identity")
    wrong = {**values, "owner": "group:default/nobody", "system": "system:default/nothing"}
    assert [error.path for error in refused(wrong, actor)] == [("name",), ("owner",), ("system",)]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "a/b", "/abs", "a\x00b", "a\nb", "-rf", "A", "a--b", "x" * 64]
)
def test_path_traversal_in_names_is_refused(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, name: str
) -> None:
    assert refused({**values, "name": name}, actor)[0].path == ("name",)


def test_control_characters_are_refused(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    assert refused({**values, "description": "a\x1b[31mb"}, actor)[0].path == ("description",)


def test_values_of_a_megabyte_are_refused(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    assert refused({**values, "description": "x" * 1_000_000}, actor)[0].path == ("description",)


def test_a_value_with_template_syntax_stays_text(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    text = "${{ parameters.name }} {{ 7*7 }} [[= 7*7 ]]"
    run = services.start_run(REF, {**values, "description": text}, actor)
    assert run.values["description"] == text


def test_a_template_without_steps_is_refused(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    manifest = {**template.manifest, "spec": {**template.manifest["spec"], "steps": []}}
    TemplateVersion.objects.filter(pk=template.pk).update(manifest=manifest)
    with pytest.raises(InputError, match="no steps"):
        services.start_run(REF, values, actor)


def test_the_same_key_and_request_give_the_same_run(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    first = services.start_run(REF, values, actor, idempotency_key="k1")
    Run.objects.filter(pk=first.pk).update(status=RunStatus.COMPLETED)
    again = services.start_run(REF, values, actor, idempotency_key="k1")
    assert again.pk == first.pk
    assert Run.objects.count() == 1


def test_the_same_key_with_other_values_is_a_conflict(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    services.start_run(REF, values, actor, idempotency_key="k1")
    with pytest.raises(ConflictError):
        services.start_run(REF, {**values, "name": "other"}, actor, idempotency_key="k1")


def test_the_same_key_of_another_actor_is_another_request(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, outsider: Actor
) -> None:
    first = services.start_run(REF, values, actor, idempotency_key="k1")
    theirs = {**values, "name": "other", "owner": "group:default/identity"}
    assert services.start_run(REF, theirs, outsider, idempotency_key="k1").pk != first.pk


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
def test_a_key_that_cannot_be_one_is_refused(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, key: str
) -> None:
    with pytest.raises(InputError, match="Idempotency-Key"):
        services.start_run(REF, values, actor, idempotency_key=key)


def test_losing_the_race_for_a_name_is_a_refused_field(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.start_run(REF, values, actor)
    target = Target("default", "payment-ledger", "group:default/payments")
    monkeypatch.setattr(runs, "preflight", lambda *_: target)
    with pytest.raises(InputError) as caught:
        services.start_run(REF, values, actor)
    assert caught.value.fields[0].path == ("name",)
    assert Run.objects.count() == 1


def test_losing_the_race_for_a_key_gives_the_winners_run(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    winner = services.start_run(REF, values, actor, idempotency_key="k1")
    look, seen = runs._earlier, iter([None])
    monkeypatch.setattr(runs, "_earlier", lambda *given: next(seen, look(*given)))
    target = Target("default", "payment-ledger", "group:default/payments")
    monkeypatch.setattr(runs, "preflight", lambda *_: target)
    assert services.start_run(REF, values, actor, idempotency_key="k1").pk == winner.pk


def test_starting_takes_few_queries(
    template: TemplateVersion,
    values: dict[str, Any],
    actor: Actor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(14):
        services.start_run(REF, values, actor, idempotency_key="k1")
