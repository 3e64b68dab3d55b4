"""Cancelling and retrying."""

from __future__ import annotations

import uuid

import pytest

import catalog.services as catalog
from portal.foundation import home
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from scaffolder.choices import EffectState, RunStatus, StepStatus
from scaffolder.engine.executor import advance
from scaffolder.models import Repository, Run
from scaffolder.services import NameStatus, cancel_run, control, events_of, find_run, retry_run
from tests.scaffolder.engine.acts import World, step
from tests.scaffolder.engine.conftest import ALICE, MakeRun

BOB = Actor("user:default/bob", frozenset({"group:default/payments"}))
CHARLIE = Actor("user:default/charlie", frozenset({"group:default/identity"}))


def four_steps(make_run: MakeRun) -> Run:
    return make_run(*[step(f"s{number}", "test:make", name=f"t{number}") for number in range(4)])


def types(run: Run) -> list[str]:
    return [event.type for event in run.events.order_by("pk") if event.type != "log"]


def test_a_queued_run_is_cancelled_at_once(make_run: MakeRun, outside: World) -> None:
    run = four_steps(make_run)
    assert cancel_run(run.pk, ALICE).status == RunStatus.CANCELLED
    assert not advance(run.pk)
    assert outside.made == []
    assert {found.status for found in run.steps.all()} == {StepStatus.SKIPPED}
    assert types(run) == ["cancelled", "completion"]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("point", ["before intent", "after intent", "after effect"])
def test_a_run_cancelled_at_any_step_undoes_everything(
    make_run: MakeRun, outside: World, number: int, point: str
) -> None:
    run = four_steps(make_run)

    def cancel() -> None:
        assert cancel_run(run.pk, BOB).status == RunStatus.CANCELLING

    outside.hooks[f"t{number}: {point}"] = cancel
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert run.error == {"name": "CancelledError", "message": "The run was cancelled."}
    assert outside.things == {}
    assert outside.made == [f"t{made}" for made in range(number + 1)]
    assert outside.removed == outside.made[::-1]
    assert {effect.state for effect in run.effects.all()} == {EffectState.UNDONE}
    assert run.steps.get(key=f"s{number}").status in {StepStatus.COMPLETED, StepStatus.CANCELLED}
    assert types(run) == ["cancelled", "completion"]
    last = run.events.order_by("pk").last()
    assert last is not None
    assert last.body == {"message": "Run completed with status: cancelled", "error": run.error}


def test_a_run_cancelled_while_its_last_step_commits_is_completed_or_cancelled_never_both(
    make_run: MakeRun, outside: World
) -> None:
    run = make_run(step("one", "test:make", name="a"))
    outside.hooks["a: in end"] = lambda: pytest.fail("the end of the last step began though the run was cancelled")
    outside.hooks["a: after effect"] = lambda: cancel_run(run.pk, ALICE)
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert outside.things == {}


def test_a_run_cancelled_while_it_is_undone_after_a_failure_stays_failed(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:make", name="a"), step("two", "test:say", fail="no"))
    outside.hooks["a: before undo"] = lambda: cancel_run(run.pk, ALICE)
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error == {"name": "GoldpathError", "message": "no"}
    assert outside.things == {}


def test_cancelling_twice_changes_nothing(make_run: MakeRun) -> None:
    run = four_steps(make_run)
    cancel_run(run.pk, ALICE)
    count = run.events.count()
    assert cancel_run(run.pk, ALICE).status == RunStatus.CANCELLED
    assert run.events.count() == count


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.FAILED])
def test_what_ended_is_not_cancelled(make_run: MakeRun, status: RunStatus) -> None:
    run = make_run(step("one", "test:say"), status=status)
    with pytest.raises(ConflictError):
        cancel_run(run.pk, ALICE)


def test_another_teams_run_is_not_found(make_run: MakeRun) -> None:
    run = four_steps(make_run)
    for verb in (find_run, cancel_run, retry_run):
        with pytest.raises(NotFoundError):
            verb(run.pk, CHARLIE)
        with pytest.raises(NotFoundError):
            verb(uuid.uuid4(), ALICE)
        with pytest.raises(NotFoundError):
            verb("not an id", ALICE)
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert find_run(str(run.pk), BOB) == run


def test_a_failed_run_succeeds_when_it_is_tried_again(make_run: MakeRun, outside: World) -> None:
    def fail() -> None:
        outside.hooks.clear()
        raise ConflictError("not now")

    run = make_run(step("one", "test:make", name="a"), step("two", "test:say"), step("three", "test:make", name="b"))
    outside.hooks["say"] = fail
    advance(run.pk)
    again = retry_run(run.pk, BOB)
    assert (again.status, again.attempt, again.error) == (RunStatus.QUEUED, 2, None)
    assert {found.status for found in run.steps.all()} == {StepStatus.PENDING}
    assert types(run) == ["recovered"]
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert outside.things == {"a": str(run.pk), "b": str(run.pk)}
    assert {effect.state for effect in run.effects.all()} == {EffectState.DONE}
    assert types(run) == ["recovered", "completion"]
    shown = events_of(run)
    assert shown[0].type == "recovered"
    assert shown[-1].type == "completion"
    assert run.events.filter(body__status="failed").exists()


def test_what_was_left_in_place_is_taken_up_again(make_run: MakeRun, outside: World) -> None:
    def stay() -> None:
        outside.hooks.clear()
        raise ConflictError("the disk is read-only")

    run = make_run(step("one", "test:make", name="a"), step("two", "test:say"))

    def fail() -> None:
        raise ConflictError("not now")

    outside.hooks.update({"say": fail, "a: before undo": stay})
    advance(run.pk)
    run.refresh_from_db()
    assert run.effects.get().state == EffectState.LEFT
    retry_run(run.pk, ALICE)
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert run.effects.get().state == EffectState.DONE


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.CANCELLING, RunStatus.COMPLETED])
def test_only_what_failed_or_was_cancelled_is_tried_again(make_run: MakeRun, status: RunStatus) -> None:
    run = make_run(step("one", "test:say"), status=status)
    with pytest.raises(ConflictError):
        retry_run(run.pk, ALICE)


def test_a_name_that_was_taken_meanwhile_cannot_be_tried_again(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"), status=RunStatus.FAILED)
    make_run(step("one", "test:say"))
    with pytest.raises(ConflictError, match="being created"):
        retry_run(run.pk, ALICE)
    run.refresh_from_db()
    assert (run.status, run.attempt) == (RunStatus.FAILED, 1)


def test_losing_the_race_for_the_name_on_a_retry_is_a_conflict(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(step("one", "test:say"), status=RunStatus.FAILED)
    make_run(step("one", "test:say"))
    monkeypatch.setattr(control, "name_status", lambda *_, **__: NameStatus(free=True))
    with pytest.raises(ConflictError, match="taken meanwhile"):
        retry_run(run.pk, ALICE)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert not run.events.filter(type="recovered").exists()


def test_the_repository_that_the_run_left_does_not_stand_in_its_own_way(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"), status=RunStatus.FAILED)
    Repository.objects.create(name="ledger", owner_ref=run.owner_ref, created_by=run)
    assert retry_run(run.pk, ALICE).status == RunStatus.QUEUED


def test_a_repository_of_somebody_else_does(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"), status=RunStatus.FAILED)
    Repository.objects.create(name="ledger", owner_ref=run.owner_ref)
    with pytest.raises(ConflictError):
        retry_run(run.pk, ALICE)


def test_a_run_is_not_tried_again_by_somebody_who_left_the_team(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"), status=RunStatus.FAILED)
    left = Actor(ALICE.user_ref, frozenset({"group:default/identity"}))
    assert find_run(run.pk, left) == run
    with pytest.raises(NotAllowedError, match="not a member of group:default/payments"):
        retry_run(run.pk, left)
    run.refresh_from_db()
    assert (run.status, run.attempt) == (RunStatus.FAILED, 1)
    assert not run.events.exists()


def test_a_run_is_not_tried_again_for_a_team_or_system_that_is_gone(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"), status=RunStatus.FAILED)
    Run.objects.filter(pk=run.pk).update(values={**run.values, "system": "system:default/gone"})
    with pytest.raises(InputError, match="no system system:default/gone"):
        retry_run(run.pk, ALICE)
    catalog.remove_location("url:https://example.com/teams.yaml")
    with pytest.raises(InputError, match="no group group:default/payments"):
        retry_run(run.pk, ALICE)
    run.refresh_from_db()
    assert (run.status, run.attempt) == (RunStatus.FAILED, 1)


def said(run: Run) -> list[tuple[str, str]]:
    bodies = [event.body for event in events_of(run)]
    return [(body["message"], body["stepId"]) for body in bodies if body.get("message", "").startswith("user:")]


def test_nobody_cancels_or_tries_again_without_being_named_in_the_log(make_run: MakeRun, outside: World) -> None:
    queued, running = make_run(step("one", "test:say"), name="ab"), make_run(step("two", "test:say"), name="cd")
    cancel_run(queued.pk, BOB)
    assert said(queued) == [("user:default/bob cancelled the run", "one")]
    retry_run(queued.pk, ALICE)
    queued.refresh_from_db()
    assert said(queued) == [("user:default/alice tried the run again", "one")]
    outside.hooks["say"] = lambda: cancel_run(running.pk, BOB)
    advance(running.pk)
    assert said(running) == [("user:default/bob cancelled the run", "two")]


def test_the_end_of_a_run_leaves_the_folder_of_its_retry_alone(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:say"))
    work = home.folder("work", str(run.pk))
    successor = home.folder("work", str(run.pk), str(uuid.uuid4()))
    advance(run.pk)
    assert list(work.iterdir()) == [successor]
    successor.rmdir()
    other = make_run(step("one", "test:say"), name="other")
    advance(other.pk)
    assert not (work.parent / str(other.pk)).exists()
