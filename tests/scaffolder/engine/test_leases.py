"""Who may work on a run."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from portal.foundation.leases import LeaseLostError
from scaffolder.choices import ALLOWED_RUN, RunStatus, StepStatus
from scaffolder.engine.claims import Claim, Heartbeat, claim
from scaffolder.engine.executor import advance
from scaffolder.engine.reaper import reap
from scaffolder.engine.session import Session
from scaffolder.models import Run
from scaffolder.services import cancel_run
from tests.scaffolder.engine.acts import World, step
from tests.scaffolder.engine.conftest import ALICE, MakeRun, abandon


def test_a_run_is_claimed_once(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"))
    won = claim(run.pk)
    assert won is not None
    assert claim(run.pk) is None
    run.refresh_from_db()
    assert (run.status, run.lease_holder, run.fence) == (RunStatus.RUNNING, won.holder, 1)
    assert run.started_at is not None


def test_an_expired_lease_goes_to_the_next_worker(make_run: MakeRun) -> None:
    run = make_run(step("one", "test:say"))
    first = claim(run.pk)
    abandon(run)
    second = claim(run.pk)
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLostError):
        first.hold()
    assert second.hold() == RunStatus.RUNNING
    run.refresh_from_db()
    assert run.fence == 2


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_run_that_ended_is_never_claimed(make_run: MakeRun, status: RunStatus) -> None:
    assert claim(make_run(step("one", "test:say"), status=status).pk) is None


@pytest.mark.parametrize("source", RunStatus.values)
@pytest.mark.parametrize("to", RunStatus.values)
def test_the_table_of_moves_is_kept(make_run: MakeRun, source: str, to: str) -> None:
    run = make_run(step("one", "test:say"), status=source, lease_holder=uuid.uuid4())
    session = Session(Claim(run.pk, run.lease_holder or uuid.uuid4()))
    is_allowed = to in ALLOWED_RUN[source]
    try:
        session.end(RunStatus(to))
        moved = True
    except LeaseLostError:
        moved = False
    assert moved == is_allowed
    run.refresh_from_db()
    assert run.status == (to if is_allowed else source)


def test_a_worker_that_lost_its_lease_writes_nothing_more(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:make", name="a"), step("two", "test:make", name="b"))
    other = uuid.uuid4()
    events: list[int] = []

    def lose() -> None:
        later = timezone.now() + dt.timedelta(minutes=1)
        Run.objects.filter(pk=run.pk).update(lease_holder=other, lease_expires_at=later)
        events.append(run.events.count())

    outside.hooks["a: after effect"] = lose
    assert advance(run.pk)
    run.refresh_from_db()
    assert run.lease_holder == other
    assert run.status == RunStatus.RUNNING
    assert run.events.count() == events[0]
    assert [found.status for found in run.steps.all()] == [StepStatus.RUNNING, StepStatus.PENDING]
    assert "b" not in outside.things


def test_a_worker_that_lost_its_lease_causes_no_effect(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:make", name="a"))
    outside.hooks["a: before intent"] = lambda: Run.objects.filter(pk=run.pk).update(lease_holder=uuid.uuid4())
    advance(run.pk)
    assert outside.things == {}
    assert not run.effects.exists()


def test_a_long_action_learns_that_the_lease_is_lost(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:wait"))
    outside.hooks["waiting"] = lambda: Run.objects.filter(pk=run.pk).update(lease_holder=uuid.uuid4())
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING
    assert run.steps.get().status == StepStatus.RUNNING


def test_a_long_action_learns_that_the_run_was_cancelled(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:wait"), step("two", "test:say"))
    outside.hooks["waiting"] = lambda: cancel_run(run.pk, ALICE)
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert [found.status for found in run.steps.all()] == [StepStatus.CANCELLED, StepStatus.SKIPPED]


def test_a_database_that_fails_leaves_the_run_to_the_reaper(make_run: MakeRun, outside: World) -> None:
    def fail() -> None:
        outside.hooks.clear()
        raise OperationalError("the connection is gone")

    run = make_run(step("one", "test:make", name="a"))
    outside.hooks["a: after effect"] = fail
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING
    abandon(run)
    advance(run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED


def test_a_beat_renews_what_is_held_and_nothing_else(make_run: MakeRun) -> None:
    run, lost = make_run(step("one", "test:say"), name="a"), make_run(step("one", "test:say"), name="b")
    held, gone = claim(run.pk), claim(lost.pk)
    assert held is not None
    assert gone is not None
    soon = timezone.now() + dt.timedelta(seconds=1)
    Run.objects.update(lease_expires_at=soon)
    Run.objects.filter(pk=lost.pk).update(lease_holder=uuid.uuid4())
    heart = Heartbeat()
    heart._holders = {held.holder, gone.holder}
    assert heart.beat() == 1
    run.refresh_from_db()
    lost.refresh_from_db()
    assert run.lease_expires_at is not None
    assert run.lease_expires_at > soon
    assert lost.lease_expires_at == soon


def test_the_heart_of_a_process_without_claims_stops(settings: Settings) -> None:
    settings.GOLDPATH_LEASE_SECONDS = 0.04
    heart, held = Heartbeat(), Claim(uuid.uuid4(), uuid.uuid4())
    heart.beat = lambda: 0  # type: ignore[method-assign]
    heart.add(held)
    first = heart._thread
    assert first is not None
    heart.remove(held)
    first.join(5)
    assert not first.is_alive()
    heart.add(held)
    assert heart._thread is not first
    heart.remove(held)


@pytest.mark.django_db(transaction=True)
def test_a_long_step_outlives_its_lease_by_the_heartbeat(make_run: MakeRun, outside: World, settings: Settings) -> None:
    settings.GOLDPATH_LEASE_SECONDS = 4
    run = make_run(step("one", "test:say"))
    outside.hooks["say"] = lambda: time.sleep(6)
    stolen: list[Any] = []

    def steal() -> None:
        time.sleep(5)
        stolen.append(claim(run.pk))
        connection.close()

    thief = threading.Thread(target=steal)
    thief.start()
    advance(run.pk)
    thief.join()
    run.refresh_from_db()
    assert stolen == [None]
    assert run.status == RunStatus.COMPLETED


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_race_for_a_run_one_gets_it(make_run: MakeRun, outside: World) -> None:
    run = make_run(step("one", "test:make", name="a"), step("two", "test:make", name="b"))
    barrier, results = threading.Barrier(6), []

    def work() -> None:
        barrier.wait()
        try:
            results.append(advance(run.pk))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    run.refresh_from_db()
    assert sorted(results) == [False] * 5 + [True]
    assert run.status == RunStatus.COMPLETED
    assert outside.made == ["a", "b"]
    assert run.fence == 1


def test_the_reaper_rings_for_what_nobody_works_on(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("scaffolder.tasks.advance_run.apply_async", lambda args, **_: rung.append(args[0]))
    old = timezone.now() - dt.timedelta(seconds=30)
    waiting = make_run(step("one", "test:say"), name="a", created_at=old)
    make_run(step("one", "test:say"), name="b")
    held, lost = make_run(step("one", "test:say"), name="c"), make_run(step("one", "test:say"), name="d")
    stopping = make_run(step("one", "test:say"), name="e", status=RunStatus.CANCELLING)
    make_run(step("one", "test:say"), name="f", status=RunStatus.FAILED, created_at=old)
    claim(held.pk)
    claim(lost.pk)
    abandon(lost)
    assert reap() == 3
    assert sorted(rung) == sorted(str(run.pk) for run in (waiting, lost, stopping))


def test_the_reaper_stops_when_the_broker_is_down(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("scaffolder.tasks.advance_run.apply_async", down)
    make_run(step("one", "test:say"), created_at=timezone.now() - dt.timedelta(seconds=30))
    assert reap() == 0
