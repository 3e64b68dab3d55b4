"""kill -9 between any two effects of the real actions: one repository, one registration, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import catalog.services as catalog
from portal.foundation.errors import GoldpathError
from scaffolder import git, services
from scaffolder.choices import EffectState, RunStatus
from scaffolder.forges.local.forge import LocalForge
from scaffolder.models import Lineage, Repository, Run
from scaffolder.rendering import service as rendering
from tests.scaffolder.actions.conftest import ALICE, NAME, Outside
from tests.scaffolder.engine.acts import Crash
from tests.scaffolder.engine.conftest import abandon
from tests.scaffolder.engine.test_kills import Killer, advance_through_kills

EFFECTS: dict[str, tuple[Any, str]] = {
    "render": (rendering, "render_composition"),
    "commit": (git, "commit_folder"),
    "repository": (LocalForge, "ensure_repository"),
    "push": (git, "push"),
    "protection": (LocalForge, "protect"),
    "registration": (catalog, "upsert_entities"),
}


def strike_once(monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str], *, after: bool, error: BaseException) -> None:
    """Let the first call of a function end in `error`, before or after it did its work."""
    owner, name = place
    real = getattr(owner, name)
    struck: list[int] = []

    def struck_once(*given: Any, **named: Any) -> Any:
        if struck:
            return real(*given, **named)
        struck.append(1)
        if after:
            real(*given, **named)
        raise error

    monkeypatch.setattr(owner, name, struck_once)


def assert_made_once(run: Run, outside: Outside) -> None:
    assert run.status == RunStatus.COMPLETED, run.error
    assert outside.repositories == [f"{NAME}.git"]
    assert set(outside.refs()) == {"refs/heads/main", "refs/goldpath/render"}
    assert len(set(outside.refs().values())) == 1
    assert len(outside.commits()) == 1
    assert outside.registered() == [f"api:default/{NAME}-api", f"component:default/{NAME}"]
    assert (Repository.objects.count(), Lineage.objects.count()) == (1, 1)
    assert Lineage.objects.get().render_tree == outside.refs()["refs/heads/main"]
    assert run.events.filter(type="completion").count() == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("effect", EFFECTS)
def test_a_kill_around_an_effect_makes_it_once(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch, effect: str, after: bool
) -> None:
    run = start()
    strike_once(monkeypatch, EFFECTS[effect], after=after, error=Crash())
    assert advance_through_kills(run) == 1
    assert_made_once(run, outside)


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_kill_around_a_transaction_loses_nothing(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch, number: int, where: str
) -> None:
    run = start()
    killer = Killer(monkeypatch, number, where)
    advance_through_kills(run)
    assert_made_once(run, outside)
    assert killer.has_struck


@pytest.mark.parametrize("effect", ["repository", "push", "protection", "registration"])
def test_a_failure_after_an_effect_leaves_nothing_behind(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    run = start()
    strike_once(monkeypatch, EFFECTS[effect], after=True, error=GoldpathError("the disk is full"))
    services.advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error == {"name": "GoldpathError", "message": "the disk is full"}
    assert outside.is_empty()
    assert {found.state for found in run.effects.all()} == {EffectState.UNDONE}
    assert services.name_status("default", NAME).free


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_run_cancelled_at_an_effect_leaves_nothing_behind(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    run = start()
    owner, name = EFFECTS[effect]
    real = getattr(owner, name)
    is_last = effect == "registration"

    def cancelling(*given: Any, **named: Any) -> Any:
        if not is_last:
            services.cancel_run(run.pk, ALICE)
        return real(*given, **named)

    monkeypatch.setattr(owner, name, cancelling)
    services.advance(run.pk)
    run.refresh_from_db()
    if is_last:
        assert_made_once(run, outside)
    else:
        assert run.status == RunStatus.CANCELLED
        assert outside.is_empty()


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_around_the_removal_of_a_repository_leaves_nothing(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    run = start()
    strike_once(monkeypatch, EFFECTS["registration"], after=False, error=GoldpathError("no"))
    strike_once(monkeypatch, (LocalForge, "delete"), after=after, error=Crash())
    assert advance_through_kills(run) == 1
    assert run.status == RunStatus.FAILED
    assert outside.is_empty()


def test_a_failed_run_that_is_tried_again_makes_the_service(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    strike_once(monkeypatch, EFFECTS["registration"], after=False, error=GoldpathError("no"))
    services.advance(run.pk)
    services.retry_run(run.pk, ALICE)
    services.advance(run.pk)
    run.refresh_from_db()
    assert_made_once(run, outside)


def test_a_repository_that_somebody_pushed_to_is_left_and_named(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    monkeypatch.setattr(LocalForge, "head", lambda *_: "0" * 40)
    strike_once(monkeypatch, EFFECTS["registration"], after=False, error=GoldpathError("no"))
    services.advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert f"Left in place: the repository default/{NAME}" in run.error["message"]
    assert outside.repositories == [f"{NAME}.git"]
    assert Repository.objects.count() == 1
    assert {found.state for found in run.effects.all()} == {EffectState.LEFT}


def test_a_repository_of_another_run_is_neither_taken_nor_removed(start: Callable[..., Run], outside: Outside) -> None:
    run = start()
    other = Run.objects.create(
        template=run.template, values={}, actor_ref="user:default/bob", target_name="x", status=RunStatus.FAILED
    )
    from scaffolder.forges import RepositorySpec, forge

    forge("local").ensure_repository(RepositorySpec("default", NAME, other.pk))
    services.advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert run.error["name"] == "ConflictError"
    assert outside.repositories == [f"{NAME}.git"]
    assert not run.effects.exists()


def test_a_component_that_came_meanwhile_is_not_taken_over(
    start: Callable[..., Run], outside: Outside, template: Any
) -> None:
    run = start()
    document = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": NAME},
        "spec": {"type": "service", "lifecycle": "production", "owner": "group:default/identity"},
    }
    catalog.upsert_entities([document], location="url:elsewhere")
    services.advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert run.error["name"] == "ConflictError"
    entity = catalog.find(f"component:default/{NAME}")
    assert entity is not None
    assert entity.owner_ref == "group:default/identity"
    assert outside.repositories == []


def test_a_worker_that_slept_through_its_lease_does_not_push(
    start: Callable[..., Run], outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    real = git.commit_folder

    def sleep(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(git, "commit_folder", real)
        abandon(run)
        services.advance(run.pk)
        return real(*given, **named)

    monkeypatch.setattr(git, "commit_folder", sleep)
    services.advance(run.pk)
    run.refresh_from_db()
    assert_made_once(run, outside)
