"""Runs from beginning to end."""

from __future__ import annotations

import uuid

import pytest

from scaffolder.choices import EffectState, RunStatus, StepStatus
from scaffolder.engine.executor import advance
from scaffolder.models import Run
from tests.scaffolder.engine.acts import World, step
from tests.scaffolder.engine.conftest import MakeRun


def bodies(run: Run) -> list[tuple[str | None, str | None, str]]:
    return [
        (event.body.get("stepId"), event.body.get("status"), event.body["message"])
        for event in run.events.order_by("pk")
    ]


def test_a_run_goes_through_its_steps_and_completes(make_run: MakeRun, outside: World) -> None:
    links = {
        "links": [
            {"title": "Thing", "url": "x:${{ steps.one.output.made }}"},
            {"title": "No", "url": "${{ steps.no.output.x }}"},
        ]
    }
    run = make_run(
        step("one", "test:make", name="${{ parameters.name }}"), step("two", "test:say", text="hi"), output=links
    )
    assert advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert run.lease_holder is None
    assert run.output == {"links": [{"title": "Thing", "url": "x:ledger"}]}
    assert [found.status for found in run.steps.all()] == [StepStatus.COMPLETED, StepStatus.COMPLETED]
    assert run.steps.get(key="one").output == {"made": "ledger", "count": 1}
    assert outside.things == {"ledger": str(run.pk)}
    assert run.effects.get().state == EffectState.DONE
    assert bodies(run) == [
        ("one", None, "Starting up task with 2 steps"),
        ("one", "processing", "Beginning step One"),
        ("one", None, "made ledger"),
        ("one", "completed", "Finished step One"),
        ("two", "processing", "Beginning step Two"),
        ("two", None, "hi 0"),
        ("two", "completed", "Finished step Two"),
        (None, None, "Run completed with status: completed"),
    ]
    assert run.events.last().body["output"] == run.output  # type: ignore[union-attr]


def test_advancing_a_run_that_ended_does_nothing(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"))
    assert advance(run.pk)
    count = run.events.count()
    assert not advance(run.pk)
    assert run.events.count() == count


def test_advancing_what_never_was_does_nothing(db: None) -> None:
    assert not advance(uuid.uuid4())


def test_a_step_whose_condition_does_not_hold_is_skipped(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:make", "${{ parameters.postgres }}", name="a"), step("two", "test:say"))
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert [found.status for found in run.steps.all()] == [StepStatus.SKIPPED, StepStatus.COMPLETED]
    assert outside.things == {}


def test_a_step_with_nothing_to_do_is_skipped_and_says_why(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say", skip="no toolchain"), step("two", "test:say"))
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED
    assert ("one", "skipped", "no toolchain") in bodies(run)


def test_a_failed_step_is_compensated_and_fails_the_run_with_its_reason(make_run: MakeRun, outside: World) -> None:
    run = make_run(
        step("one", "test:make", name="a"),
        step("two", "test:make", name="b"),
        step("three", "test:say", fail="the build failed"),
        step("four", "test:say"),
    )
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error == {"name": "GoldpathError", "message": "the build failed"}
    assert outside.things == {}
    assert outside.removed == ["b", "a"]
    assert {effect.state for effect in run.effects.all()} == {EffectState.UNDONE}
    assert [found.status for found in run.steps.all()] == ["completed", "completed", "failed", "skipped"]
    last = run.events.order_by("pk").last()
    assert last is not None
    assert last.type == "completion"
    assert last.body == {"message": "Run completed with status: failed", "error": run.error}


def test_a_defect_is_reported_without_its_details(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say", defect="secret detail"))
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert "secret detail" not in run.error["message"]
    assert "KeyError" in run.error["message"]


def test_what_cannot_be_proved_to_be_the_runs_is_left_and_named(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:make", name="a"), step("two", "test:say", fail="no"))
    outside.hooks["say"] = lambda: outside.things.update(a="somebody")
    advance(run.pk)
    run.refresh_from_db()
    assert outside.things == {"a": "somebody"}
    assert run.effects.get().state == EffectState.LEFT
    assert run.error == {"name": "GoldpathError", "message": "no Left in place: a is somebody else's now."}


def test_a_compensation_that_fails_leaves_the_thing_and_says_so(make_run: MakeRun, outside: World) -> None:
    def fail() -> None:
        raise OSError("disk")

    run = make_run(step("one", "test:make", name="a"), step("two", "test:say", fail="no"))
    outside.hooks["a: before undo"] = fail
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.effects.get().state == EffectState.LEFT
    assert run.error is not None
    assert "Left in place: thing:a" in run.error["message"]


def test_input_that_does_not_fit_the_action_fails_the_step(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:make", name="${{ parameters.nothing }}"))
    advance(run.pk)
    run.refresh_from_db()
    assert run.error == {
        "name": "InputError",
        "message": "The input of test:make is wrong at input: 'name' is a required property",
    }


def test_values_with_template_syntax_stay_text(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:make", name="${{ parameters.name }}"), name="${{ user.ref }}")
    advance(run.pk)
    assert list(outside.things) == ["${{ user.ref }}"]


def test_a_run_that_takes_its_workers_with_it_is_given_up(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"), fence=10)
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error is not None
    assert run.error["name"] == "WorkerLostError"


@pytest.mark.parametrize("count", [1, 5000])
def test_chatty_logs_are_bounded_and_keep_their_end(make_run: MakeRun, count: int) -> None:
    run = make_run(step("one", "test:say", lines=count, text="line"))
    advance(run.pk)
    messages = [message for _, _, message in bodies(run)]
    assert f"line {count - 1}" in messages
    assert len(messages) <= 3000 + 200 + 10
    assert any("left out" in message for message in messages) == (count > 3200)
    ids = list(run.events.order_by("pk").values_list("pk", flat=True))
    assert ids == sorted(ids)
