"""The fleet of the suite holds what its readers count on."""

from __future__ import annotations

import pytest

from conformance.examining.terms import Level
from conformance.models import DriftedFile, Evaluation, Service, Snapshot, Verdict
from tests.conformance.fleet import check_levels, make_fleet, make_service, result

pytestmark = pytest.mark.django_db


def first(level: Level) -> str:
    return next(check for check, at in check_levels().items() if at is level)


def test_a_service_is_gold_when_nothing_is_said_against_it() -> None:
    service = make_service("ledger")
    assert (service.level, service.score, service.failed) == ("gold", 100, 0)
    assert service.passed == Verdict.objects.filter(service=service).count()


def test_a_failing_check_lowers_the_level_and_a_waiver_lifts_it() -> None:
    failing = {first(Level.SILVER): result("fail", "No limits.", "deployments/k8s/base/deployment.yaml")}
    low = make_service("ledger", results=failing)
    assert (low.level, low.failed) == ("bronze", 1)
    waived = make_service("till", results=failing, waived={first(Level.SILVER): "user:default/bob"})
    assert (waived.level, waived.waived, waived.failed) == ("gold", 1, 0)
    assert Verdict.objects.get(service=waived, standing="waived").waiver is not None


def test_files_and_history_are_as_given() -> None:
    service = make_service("ledger", files={"Makefile": "weakened"}, history={30: "none", 3: "bronze"})
    assert service.weakened == 1
    assert DriftedFile.objects.get(service=service).is_guard
    levels = list(Evaluation.objects.filter(service=service).order_by("at").values_list("level", flat=True))
    assert levels == ["none", "bronze", "gold"]


def test_an_unscanned_service_has_nothing() -> None:
    service = make_service("ledger", is_scanned=False)
    assert (service.level, service.evaluated_at, service.snapshot) == ("none", None, None)


def test_a_fleet_has_every_level_and_consistent_numbers() -> None:
    make_fleet(120)
    assert Service.objects.count() == 120
    assert set(Service.objects.values_list("level", flat=True)) == set(Level)
    for service in Service.objects.filter(snapshot__isnull=False)[:40]:
        standings = list(Verdict.objects.filter(service=service).values_list("standing", flat=True))
        assert len(standings) == len(check_levels())
        assert standings.count("fail") == service.failed
        newest = Evaluation.objects.filter(service=service).first()
        assert newest is not None
        assert (newest.level, newest.snapshot_id) == (service.level, service.snapshot_id)
    assert Snapshot.objects.count() < Evaluation.objects.count()
    assert Service.objects.filter(problem__gt="").exists()
