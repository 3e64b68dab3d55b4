"""kill -9 of a worker, at every boundary: whoever comes next ends the run right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from scaffolder.choices import EffectState, RunStatus, StepStatus
from scaffolder.engine.executor import advance
from scaffolder.engine.session import Session
from scaffolder.models import Run
from scaffolder.services import cancel_run
from tests.scaffolder.engine.acts import Crash, World, step
from tests.scaffolder.engine.conftest import ALICE, MakeRun, abandon

POINTS = ["before intent", "after intent", "after effect", "in end"]


def steps(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [step("one", "test:make", name="a"), step("two", "test:make", name="b"), *more]


class Killer:
    """Dies before or after the n-th transaction of the worker."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int, where: str) -> None:
        self.left, self.where, self.has_struck = number, where, False
        turn = Session.turn

        @contextmanager
        def dying(session: Session) -> Iterator[RunStatus]:
            self._count("before")
            with turn(session) as status:
                self._count("within")
                yield status
            self._count("after")

        monkeypatch.setattr(Session, "turn", dying)

    def _count(self, where: str) -> None:
        if self.has_struck or where != self.where:
            return
        self.left -= 1
        if self.left == 0:
            self.has_struck = True
            raise Crash


def advance_through_kills(run: Run) -> int:
    """Advance until the run ended; return how many workers died."""
    for kills in range(10):
        try:
            advance(run.pk)
        except Crash:
            abandon(run)
            continue
        run.refresh_from_db()
        return kills
    raise AssertionError("the run never ends")


@pytest.mark.parametrize("where", ["before", "within", "after"])
@pytest.mark.parametrize("number", range(1, 7))
def test_a_run_that_succeeds_survives_a_kill_at_every_transaction(
    make_run: MakeRun, outside: World, monkeypatch: pytest.MonkeyPatch, number: int, where: str
) -> None:
    run = make_run(*steps(step("three", "test:say")))
    killer = Killer(monkeypatch, number, where)
    advance_through_kills(run)
    assert killer.has_struck
    assert run.status == RunStatus.COMPLETED
    assert outside.things == {"a": str(run.pk), "b": str(run.pk)}
    assert outside.removed == []
    assert {found.status for found in run.steps.all()} == {StepStatus.COMPLETED}
    assert [effect.state for effect in run.effects.all()] == [EffectState.DONE, EffectState.DONE]
    assert run.events.filter(type="completion").count() == 1


@pytest.mark.parametrize("where", ["before", "within", "after"])
@pytest.mark.parametrize("number", range(1, 11))
def test_a_run_that_fails_survives_a_kill_at_every_transaction(
    make_run: MakeRun, outside: World, monkeypatch: pytest.MonkeyPatch, number: int, where: str
) -> None:
    run = make_run(*steps(step("three", "test:say", fail="no"), step("four", "test:say")))
    killer = Killer(monkeypatch, number, where)
    advance_through_kills(run)
    assert killer.has_struck
    assert run.status == RunStatus.FAILED
    assert run.error == {"name": "GoldpathError", "message": "no"}
    assert outside.things == {}
    assert sorted(outside.removed) == ["a", "b"]
    assert [found.status for found in run.steps.all()] == ["completed", "completed", "failed", "skipped"]
    assert {effect.state for effect in run.effects.all()} == {EffectState.UNDONE}
    assert run.events.filter(type="completion").count() == 1


@pytest.mark.parametrize("where", ["before", "within", "after"])
@pytest.mark.parametrize("number", range(1, 10))
def test_a_run_that_is_cancelled_survives_a_kill_at_every_transaction(
    make_run: MakeRun, outside: World, monkeypatch: pytest.MonkeyPatch, number: int, where: str
) -> None:
    run = make_run(*steps(step("three", "test:say"), step("four", "test:say")))
    outside.hooks["say"] = lambda: cancel_run(run.pk, ALICE)
    killer = Killer(monkeypatch, number, where)
    advance_through_kills(run)
    assert killer.has_struck
    assert run.status == RunStatus.CANCELLED
    assert outside.things == {}
    assert {effect.state for effect in run.effects.all()} == {EffectState.UNDONE}
    assert run.events.filter(type="completion").count() == 1
    assert run.events.filter(type="cancelled").count() == 1


@pytest.mark.parametrize("point", [f"{name}: {point}" for name in "ab" for point in POINTS])
def test_a_kill_inside_an_action_makes_nothing_twice(make_run: MakeRun, outside: World, point: str) -> None:
    run = make_run(*steps())
    outside.crash_once(point)
    assert advance_through_kills(run) == 1
    assert run.status == RunStatus.COMPLETED
    assert outside.things == {"a": str(run.pk), "b": str(run.pk)}
    assert run.effects.count() == 2


@pytest.mark.parametrize("point", [f"{name}: {point} undo" for name in "ab" for point in ("before", "after")])
def test_a_kill_inside_a_compensation_leaves_nothing(make_run: MakeRun, outside: World, point: str) -> None:
    run = make_run(*steps(step("three", "test:say", fail="no")))
    outside.crash_once(point)
    assert advance_through_kills(run) == 1
    assert run.status == RunStatus.FAILED
    assert outside.things == {}
    assert outside.removed == ["b", "a"]


def test_a_killed_worker_that_is_not_yet_missed_keeps_the_run(make_run: MakeRun, outside: World) -> None:
    run = make_run(*steps())
    outside.crash_once("a: after effect")
    with pytest.raises(Crash):
        advance(run.pk)
    assert not advance(run.pk)
    abandon(run)
    assert advance(run.pk)


def test_the_log_says_that_another_worker_took_over(make_run: MakeRun, outside: World) -> None:
    run = make_run(*steps())
    outside.crash_once("a: after effect")
    advance_through_kills(run)
    assert run.events.filter(body__message="A new worker takes over.").count() == 1
