"""The demo services: every state of the dashboard, made by the real engine, whatever interrupts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.utils import timezone
from pytest_django.fixtures import Settings

from conformance.models import DriftedFile, Evaluation, Service, Verdict, Waiver
from conformance.models.service import DRIFT_COLUMNS
from conformance.scanning import examiner
from portal.web.demo import load_people, services
from portal.web.demo.scenes import scenes
from portal.web.tasks import make_demo
from scaffolder import browse
from scaffolder import services as scaffolder
from scaffolder.models import Repository, Run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_home(db: None, settings: Settings) -> Iterator[None]:
    """An installation as `make run` prepares it, without verify."""
    settings.GOLDPATH_DEMO = settings.GOLDPATH_DEMO_PEOPLE = True
    settings.GOLDPATH_VERIFY = "always"
    load_people()
    get_user_model().objects.create_superuser("admin")
    scaffolder.register_templates()
    yield
    examiner.stop()


def test_an_interrupted_demo_is_finished_and_shows_every_state(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    real = services._commit
    made: list[object] = []

    def killed(*arguments: object) -> None:
        if len(made) == 3:
            raise Killed
        made.append(arguments)
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(services, "_commit", killed)
    assert services.progress() is None
    with pytest.raises(Killed):
        make_demo()
    interrupted = services.progress()
    assert interrupted is not None
    assert 0 < interrupted.done < interrupted.total
    with time_machine.travel(timezone.now() + services.STALLED, tick=False):
        assert services.progress() is None, "a demo that stands still is not announced for ever"
        assert services.is_wanted()
    monkeypatch.setattr(services, "_commit", real)
    make_demo()
    assert services.progress() is None
    assert not services.is_wanted()
    _assert_whole()
    _assert_every_state()
    make_demo()
    _assert_whole()


def _assert_whole() -> None:
    assert Service.objects.count() == Repository.objects.count() == Run.objects.count() == len(scenes()) == 8
    assert Evaluation.objects.count() == sum(1 + len(scene.history) for scene in scenes()) + _waivers()
    for scene in scenes():
        repository = Repository.objects.get(name=scene.name)
        commits = browse.commits(repository).commits
        assert [info.subject for info in commits[:-1]] == [change.message for change in reversed(scene.history)]
        assert len({info.when.date() for info in commits}) == 1 + len({change.days_ago for change in scene.history})


def _waivers() -> int:
    return sum(bool(waiver.get("approve")) for scene in scenes() for waiver in scene.waivers)


def _assert_every_state() -> None:
    assert set(Service.objects.values_list("level", flat=True)) == {"none", "bronze", "silver", "gold"}
    found = Service.objects.aggregate(**{column: Sum(column) for column in DRIFT_COLUMNS.values()})
    assert {name for name, count in found.items() if not count} == set()
    assert DriftedFile.objects.exclude(renamed_to="").exists()
    assert Verdict.objects.filter(standing="waived").exists()
    assert Waiver.objects.get().approver_ref == "user:default/admin"
    assert Service.objects.filter(versions_behind=1).count() == 2
    assert not Verdict.objects.filter(standing="error").exists()
    changes = Evaluation.objects.filter(is_level_change=True).exclude(previous_level="")
    assert {(change.previous_level, change.level) for change in changes} >= {("gold", "none"), ("none", "silver")}


def test_an_installation_in_use_or_told_not_to_gets_no_demo(settings: Settings) -> None:
    settings.GOLDPATH_DEMO = False
    assert not services.is_wanted()
    settings.GOLDPATH_DEMO = True
    assert services.is_wanted()
    from catalog.services import actor_for

    alice = get_user_model().objects.get(username="alice")
    values = {"name": "own", "description": "Own", "owner": "group:default/payments", "lifecycle": "production"}
    scaffolder.start_run("template:default/go-blank-service", values, actor_for(alice))
    assert not services.is_wanted()
    make_demo()
    assert Run.objects.count() == 1


def test_a_scene_that_does_not_fit_is_told_and_the_others_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("does not fit")

    monkeypatch.setattr(services, "_commit", broken)
    make_demo()
    assert Run.objects.filter(status="completed").count() == 8
