from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conformance.examining.terms import Level
from conformance.models import Evaluation, Policy, Service, Verdict
from conformance.services import policies, standing, what_if
from portal.foundation.actors import Actor
from tests.conformance.fleet import make_fleet, make_service, published_policy, result
from tests.conformance.services.conftest import BRONZE, GOLD, SILVER

pytestmark = pytest.mark.django_db


def draft(*rules: dict[str, Any]) -> Policy:
    """Return a draft of the published rules, with these in front of them."""
    policy = published_policy()
    document = {**policy.document, "rules": [*rules, *policy.document["rules"]]}
    return Policy.objects.create(number=2, document=document, digest="draft")


def test_the_same_policy_changes_nothing() -> None:
    make_fleet(40)
    found = what_if.what_if(draft())
    assert (found.falls, found.rises) == ([], [])
    assert found.before == found.after
    assert found.total + found.unscanned == 40


def test_a_stricter_policy_shows_who_falls_and_why() -> None:
    make_service("ledger", results={GOLD: result("fail")}, level="silver")
    make_service("till")
    found = what_if.what_if(draft({"check": GOLD, "level": "bronze"}))
    (fall,) = found.falls
    assert (fall.name, fall.before, fall.after, fall.checks) == ("ledger", Level.SILVER, Level.NONE, (GOLD,))
    assert fall.is_fall
    assert fall.score_after < fall.score_before
    assert found.behind_falls == {GOLD: 1}
    assert (found.before[Level.SILVER], found.after[Level.NONE], found.rises) == (1, 1, [])
    assert found.moves == {(Level.SILVER, Level.NONE): 1, (Level.GOLD, Level.GOLD): 1}


def test_a_milder_policy_shows_who_rises_and_what_held_them() -> None:
    make_service("ledger", results={SILVER: result("fail"), BRONZE: result("pass")})
    found = what_if.what_if(draft({"check": SILVER, "level": "none"}))
    (rise,) = found.rises
    assert (rise.before, rise.after, rise.checks) == (Level.BRONZE, Level.GOLD, (SILVER,))
    assert found.behind_rises == {SILVER: 1}


def test_filters_reach_only_whom_they_name() -> None:
    failing = {SILVER: result("fail")}
    make_service("old", results=failing, lifecycle="deprecated")
    make_service("live", results=failing, lifecycle="production")
    found = what_if.what_if(draft({"check": SILVER, "level": "none", "when": {"lifecycles": ["deprecated"]}}))
    assert [change.name for change in found.rises] == ["old"]


def test_waivers_count_and_errors_do_not_lower() -> None:
    make_service("waived", results={SILVER: result("fail")}, waived={SILVER: "user:default/bob"})
    make_service("dark", results={GOLD: result("error")}, level="gold")
    found = what_if.what_if(draft({"check": SILVER, "level": "bronze"}))
    assert (found.falls, found.rises) == ([], [])


def test_services_without_a_snapshot_are_counted_apart() -> None:
    make_service("new", is_scanned=False)
    found = what_if.what_if(draft())
    assert (found.total, found.unscanned) == (0, 1)


def test_it_writes_nothing_and_its_queries_do_not_grow_with_the_fleet() -> None:
    make_fleet(250)
    policy = draft({"check": BRONZE, "level": "none"}, {"check": SILVER, "level": "gold"})
    rows = (Verdict.objects.count(), Evaluation.objects.count())
    with CaptureQueriesContext(connection) as captured:
        what_if.what_if(policy)
    assert all(query["sql"].lstrip().upper().startswith(("SELECT", "DECLARE")) for query in captured)
    assert len(captured) <= 4
    assert (Verdict.objects.count(), Evaluation.objects.count()) == rows


def test_the_lists_are_bounded_and_keep_the_furthest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "MOST_CHANGES", 2)
    for number in range(3):
        make_service(f"near-{number}", results={GOLD: result("fail")}, level="gold")
    make_service("far", results={BRONZE: result("fail")}, level="gold")
    found = what_if.what_if(draft())
    assert [change.name for change in found.falls] == ["far", "near-0"]
    assert found.fall_count == 4
    assert found.behind_falls == {GOLD: 3, BRONZE: 1}


def test_what_it_says_is_what_publishing_brings(platform_acts: Actor) -> None:
    policies.published()
    known = list(policies.published().document["rules"])
    check = next(rule["check"] for rule in known if rule["level"] == "bronze")
    for number in range(6):
        make_service(f"s{number}", results={check: result("fail" if number % 2 else "pass")})
    for service in Service.objects.all():
        standing.restate(service)
    document = {**policies.published().document, "rules": [rule for rule in known if rule["check"] != check]}
    new = policies.create_draft(platform_acts, document, "")
    said = {change.name: change.after.value for change in what_if.what_if(new).rises}
    assert len(said) == 3
    policies.publish(platform_acts, new)
    policies.settle()
    assert {service.name: service.level for service in Service.objects.filter(name__in=said)} == said
