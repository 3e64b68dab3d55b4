"""The facts of Tech Insights: what is true of a service now, and what was."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conformance import checks
from conformance.examining.terms import Level
from conformance.models import Evaluation, Waiver
from tests.conformance.api.test_insights import BASE, COMPONENT, body_of, refused
from tests.conformance.api.test_services import FILE, check_of
from tests.conformance.fleet import make_service, result


def test_the_schemas_name_every_fact(alice_api: APIClient) -> None:
    make_service("ledger", results={check_of(Level.GOLD): result("fail", "No.", FILE)}, files={"Makefile": "weakened"})
    schemas = {each["id"]: each for each in body_of(alice_api.get(f"{BASE}/fact-schemas"))}
    assert set(schemas) == {"goldpath-checks", "goldpath-standing"}
    query = urlencode({"entity": "component:default/ledger", "ids": list(schemas)}, doseq=True)
    latest = body_of(alice_api.get(f"{BASE}/facts/latest?{query}"))
    for retriever, row in latest.items():
        registered = (
            set(row["facts"]) if retriever == "goldpath-standing" else set(row["facts"]) & set(checks.registry())
        )
        assert registered <= set(schemas[retriever])
    only = body_of(alice_api.get(f"{BASE}/fact-schemas?ids=goldpath-checks"))
    assert [each["id"] for each in only] == ["goldpath-checks"]
    assert body_of(alice_api.get(f"{BASE}/fact-schemas?ids=nosuch")) == []


@pytest.mark.parametrize(
    "form", ["ids=goldpath-standing", "ids[]=goldpath-standing", "ids[0]=goldpath-standing&ids[1]=x"]
)
def test_the_latest_facts_in_every_form_of_asking(alice_api: APIClient, form: str) -> None:
    service = make_service("ledger", files={"Makefile": "weakened", "a": "behind"}, versions_behind=2)
    found = body_of(alice_api.get(f"{BASE}/facts/latest?entity=Component:default/Ledger&{form}"))
    (row,) = found.values()
    assert row["id"] == "goldpath-standing"
    assert row["entity"] == COMPONENT
    assert (row["facts"]["level"], row["facts"]["score"]) == (service.level, service.score)
    assert (row["facts"]["filesWeakened"], row["facts"]["filesBehind"], row["facts"]["versionsBehind"]) == (1, 1, 2)
    assert (row["facts"]["departedFiles"], row["version"]) == (2, "1.0.0")


def test_the_latest_facts_of_checks_leave_out_what_nobody_can_say(alice_api: APIClient) -> None:
    unsure, failing = check_of(Level.SILVER), check_of(Level.SILVER, 1)
    make_service("ledger", results={unsure: result("error", "No tool."), failing: result("fail", "No.")})
    query = "entity=component:default/ledger&ids=goldpath-checks"
    facts = body_of(alice_api.get(f"{BASE}/facts/latest?{query}"))["goldpath-checks"]["facts"]
    assert unsure not in facts
    assert facts[failing] is False
    assert facts[check_of(Level.BRONZE)] is True


def test_facts_without_ids_are_refused_as_backstage_does(alice_api: APIClient) -> None:
    make_service("ledger")
    for path in ("latest", "range"):
        answer = alice_api.get(f"{BASE}/facts/{path}?entity=component:default/ledger")
        assert (answer.status_code, answer.json()) == (422, {"error": "Failed to parse ids from request"})


@pytest.mark.parametrize(
    "entity", ["", "entity=", "entity=ledger", "entity=a:b:c", "entity=%00", "entity=" + "x" * 400]
)
def test_facts_of_what_is_no_entity_are_refused(alice_api: APIClient, entity: str) -> None:
    refused(alice_api.get(f"{BASE}/facts/latest?ids=goldpath-checks&{entity}"), 400, "InputError")


def test_facts_of_an_unknown_entity_are_none(alice_api: APIClient) -> None:
    query = "entity=component:default/nosuch&ids=goldpath-checks"
    assert body_of(alice_api.get(f"{BASE}/facts/latest?{query}")) == {}
    span = "startDatetime=2026-01-01&endDatetime=2027-01-01"
    assert body_of(alice_api.get(f"{BASE}/facts/range?{query}&{span}")) == {}


def ranged(api: APIClient, **changes: Any) -> Any:
    asked = {
        "entity": "component:default/ledger",
        "ids": ["goldpath-standing", "goldpath-checks", "nosuch"],
        "startDatetime": "2020-01-01T00:00:00.000Z",
        "endDatetime": "2100-01-01T00:00:00.000+00:00",
        **changes,
    }
    return api.get(f"{BASE}/facts/range?{urlencode(asked, doseq=True)}")


def test_a_range_is_the_history_the_oldest_first(alice_api: APIClient) -> None:
    make_service("ledger", history={30: "none", 3: "bronze"})
    Evaluation.objects.filter(level="none").update(snapshot=None)
    found = body_of(ranged(alice_api))
    assert [each["facts"]["level"] for each in found["goldpath-standing"]] == ["none", "bronze", "gold"]
    assert "filesDrifted" not in found["goldpath-standing"][0]["facts"]
    assert len(found["goldpath-checks"]) == 2
    ten_days_ago = (timezone.now() - dt.timedelta(days=10)).isoformat()
    later = body_of(ranged(alice_api, startDatetime=ten_days_ago, ids=["goldpath-standing"]))
    assert [each["facts"]["level"] for each in later["goldpath-standing"]] == ["bronze", "gold"]
    assert body_of(ranged(alice_api, endDatetime="2020-01-02")) == {}


def test_a_range_knows_the_waivers_of_its_time(alice_api: APIClient) -> None:
    check = check_of(Level.SILVER)
    make_service("ledger", results={check: result("fail", "No.", FILE)}, waived={check: "user:default/bob"})
    now = timezone.now()

    def truth() -> list[bool]:
        return [each["facts"][check] for each in body_of(ranged(alice_api))["goldpath-checks"]]

    Waiver.objects.update(decided_at=now)
    assert truth() == [False]
    Waiver.objects.update(decided_at=now - dt.timedelta(days=3))
    assert truth() == [True]
    Waiver.objects.update(status="revoked", ended_at=now - dt.timedelta(days=1))
    assert truth() == [False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startDatetime": "yesterday"}, "startDateTime"),
        ({"startDatetime": ""}, "startDateTime"),
        ({"startDatetime": "2026-99-99"}, "startDateTime"),
        ({"endDatetime": "\x00"}, "endDateTime"),
        ({"endDatetime": "9" * 500}, "endDateTime"),
    ],
    ids=str,
)
def test_a_bad_time_is_refused_as_backstage_does(alice_api: APIClient, changes: dict[str, str], field: str) -> None:
    make_service("ledger")
    answer = ranged(alice_api, **changes)
    assert answer.status_code == 422
    assert answer.json() == {"message": "Failed to parse datetime from request", "field": field, "value": None}
