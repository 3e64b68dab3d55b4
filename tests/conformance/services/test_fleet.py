"""Reads of the whole fleet: what they count, whom they call, and how few queries they need."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conformance.examining.terms import Level
from conformance.models import Evaluation, Service
from conformance.services.calls import calls_for_help
from conformance.services.fleet import DAYS, groups, levels_of, open_verdicts, tallies, trend
from tests.conformance.fleet import check_levels, make_fleet, make_service, result

pytestmark = pytest.mark.django_db
IDENTITY = "group:default/identity"


def first(level: Level) -> str:
    return next(check for check, at in check_levels().items() if at is level)


def failing(level: Level, *paths: str) -> dict[str, dict[str, Any]]:
    return {first(level): result("fail", "It is not there.", *paths)}


def test_groups_count_services_problems_and_files() -> None:
    make_service("ledger", files={"Makefile": "weakened", "Dockerfile": "missing"})
    make_service("till", results=failing(Level.BRONZE), owner_ref=IDENTITY)
    make_service("new", is_scanned=False, owner_ref=IDENTITY)
    make_service("gone", problem="Its default branch is gone.")
    rows = groups()
    assert sum(row.services for row in rows) == 4
    assert sum(row.problems for row in rows) == 1
    assert sum(row.drift["weakened"] for row in rows) == 1
    assert levels_of(rows) == {Level.GOLD: 2, Level.NONE: 1}
    assert sum(row.services for row in groups(IDENTITY)) == 2


def test_tallies_tell_changes_open_checks_and_departed_files_apart() -> None:
    bronze = first(Level.BRONZE)
    make_service("ledger", results=failing(Level.BRONZE), history={30: "gold"})
    make_service("till", results=failing(Level.BRONZE), waived={bronze: "user:default/bob"})
    make_service("vault", files={"Makefile": "drifted"}, owner_ref=IDENTITY)
    found = tallies()
    assert found.checks[bronze] == {"fail": 1, "waived": 1}
    assert found.files == {"Makefile": {"drifted": 1}}
    assert sum(found.changes.values()) == 4
    of_identity = tallies(IDENTITY)
    assert of_identity.checks == {}
    assert sum(of_identity.changes.values()) == 1


def test_a_change_before_the_window_is_not_tallied() -> None:
    make_service("ledger", history={DAYS + 5: "none"})
    assert {(before, after) for _, before, after in tallies().changes} == {("none", "gold")}


@pytest.mark.parametrize("count", [10, 120])
def test_the_reads_need_three_queries_whatever_the_fleet(count: int, django_assert_num_queries: Any) -> None:
    make_fleet(count)
    with django_assert_num_queries(3):
        groups()
        tallies()
        calls_for_help()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by the size of the table")
def test_sqlite_reads_open_checks_from_their_index() -> None:
    assert "verdict_open" in open_verdicts().values_list("check_id", "standing").explain()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by the size of the table")
def test_sqlite_reads_changes_of_level_from_their_index() -> None:
    rows = Evaluation.objects.order_by().filter(is_level_change=True, at__gte=timezone.now())
    assert "evaluation_level_changes" in rows.values_list("at", "level").explain()


def test_the_trend_undoes_changes_day_by_day() -> None:
    today = dt.date(2026, 11, 25)
    changes = {("2026-11-24", "gold", "bronze"): 1, ("2026-11-20", "", "gold"): 2}
    points = dict(trend({Level.GOLD: 1, Level.BRONZE: 1}, changes, today=today))
    assert len(points) == DAYS + 1
    assert points[today] == {Level.NONE: 0, Level.BRONZE: 1, Level.SILVER: 0, Level.GOLD: 1}
    assert points[dt.date(2026, 11, 23)][Level.GOLD] == 2
    assert points[dt.date(2026, 11, 23)][Level.BRONZE] == 0
    assert sum(points[dt.date(2026, 11, 19)].values()) == 0


def test_the_trend_of_a_fleet_ends_at_the_present_and_never_goes_below_nothing() -> None:
    make_fleet(120)
    levels = levels_of(groups())
    points = trend(levels, tallies().changes)
    assert points[-1][1] == {level: levels[level] for level in Level}
    assert min(min(counts.values()) for _, counts in points) >= 0
    day, counts = points[60]
    assert counts == {level: _at(level, day) for level in Level}


def _at(level: Level, day: dt.date) -> int:
    """Count the slow way: for each service, its last evaluation up to the end of the day."""
    end = dt.datetime.combine(day, dt.time.max, dt.UTC)
    last: dict[int, str] = {}
    for row in Evaluation.objects.filter(at__lte=end).order_by("at", "pk"):
        last[row.service_id] = row.level
    return sum(each == level for each in last.values())


def test_who_needs_help_is_called_the_worst_first() -> None:
    make_service("fine")
    make_service("low", results=failing(Level.BRONZE, "Dockerfile"))
    make_service("fallen", results=failing(Level.SILVER), history={3: "gold"})
    make_service("weakened", files={".github/workflows/ci.yml": "weakened"})
    found = calls_for_help(count=9)
    assert [call.service.name for call in found] == ["weakened", "fallen", "low"]
    weakened, fallen, low = found
    assert weakened.weakened_path == ".github/workflows/ci.yml"
    assert fallen.fall is not None
    assert (fallen.fall.before, (timezone.now() - fallen.fall.at).days) == (Level.GOLD, 0)
    assert (low.next_level, low.short) == (Level.BRONZE, 1)


def test_three_are_called_and_production_before_the_rest() -> None:
    for number in range(4):
        make_service(f"plain-{number}", results=failing(Level.BRONZE), lifecycle="experimental")
    make_service("paid", results=failing(Level.BRONZE), lifecycle="production")
    make_service("old", results=failing(Level.BRONZE), lifecycle="deprecated")
    names = [call.service.name for call in calls_for_help()]
    assert (len(names), names[0]) == (3, "paid")
    assert calls_for_help(count=9)[-1].service.name == "old"


def test_a_fall_that_was_made_good_and_an_old_one_are_no_reason() -> None:
    make_service("recovered", history={5: "gold", 3: "none"})
    make_service("settled", results=failing(Level.SILVER), committed_at=None)
    Evaluation.objects.filter(service__name="settled").update(
        at=timezone.now() - dt.timedelta(days=40), previous_level="gold"
    )
    assert [call.fall for call in calls_for_help()] == [None]


def test_nobody_is_called_where_nothing_is_wrong() -> None:
    make_service("ledger")
    make_service("new", is_scanned=False)
    assert calls_for_help() == []
    assert Service.objects.count() == 2


def test_an_owner_hears_of_their_own_services_only() -> None:
    make_service("ledger", results=failing(Level.BRONZE))
    make_service("vault", results=failing(Level.BRONZE), owner_ref=IDENTITY)
    assert [call.service.name for call in calls_for_help(IDENTITY)] == ["vault"]
