"""Fleets, checks and verdicts over REST."""

from __future__ import annotations

from collections import Counter

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conformance import checks
from conformance.examining.terms import Level
from conformance.models import Service, Verdict
from tests.conformance.api.conftest import BASE, as_described, refused
from tests.conformance.api.test_services import FILE, check_of
from tests.conformance.fleet import check_levels, make_fleet, make_service, result


def test_a_fleet_adds_up(alice_api: APIClient) -> None:
    make_fleet(80)
    found = as_described(alice_api.get(f"{BASE}/fleets"))
    scanned = Service.objects.filter(snapshot__isnull=False)
    levels = Counter(scanned.values_list("level", flat=True))
    assert (found["services"], found["scanned"]) == (80, scanned.count())
    assert {level: count for level, count in found["levels"].items() if count} == dict(levels)
    assert sum(each["services"] for each in found["teams"]) == found["scanned"]
    assert sum(each["services"] for each in found["versions"]) == found["scanned"]
    assert found["problems"] == Service.objects.exclude(problem="").count()
    files = {each["drift"]: each["files"] for each in found["drift"]}
    assert files["weakened"] == sum(Service.objects.values_list("weakened", flat=True))
    fails = Counter(Verdict.objects.filter(standing="fail").values_list("check_id", flat=True))
    assert [each["fail"] for each in found["worstChecks"]] == [count for _, count in fails.most_common(10)]
    assert len(found["trend"]) == 91
    assert found["trend"][-1] == {"date": timezone.now().date().isoformat(), "levels": found["levels"]}


def test_a_filtered_fleet_holds_no_other_service(alice_api: APIClient) -> None:
    check = check_of(Level.SILVER)
    make_service("ledger", results={check: result("fail", "No.", FILE)}, files={"Makefile": "weakened"})
    make_service("till", owner_ref="group:default/identity", history={10: "bronze"})
    found = as_described(alice_api.get(f"{BASE}/fleets?owner=identity"))
    assert (found["services"], found["levels"]["gold"], found["worstChecks"]) == (1, 1, [])
    assert [each["owner"] for each in found["teams"]] == ["group:default/identity"]
    assert {each["drift"]: each["services"] for each in found["drift"]}["weakened"] == 0
    assert found["trend"][-5]["levels"]["bronze"] == 1
    assert sum(found["trend"][0]["levels"].values()) == 0
    other = as_described(alice_api.get(f"{BASE}/fleets?drift=weakened"))
    assert [(each["check"], each["fail"]) for each in other["worstChecks"]] == [(check, 1)]


def test_a_fleet_of_nothing_is_told_without_a_score(alice_api: APIClient) -> None:
    found = as_described(alice_api.get(f"{BASE}/fleets?text=nothing"))
    assert (found["services"], found["averageScore"], found["teams"], found["worstChecks"]) == (0, None, [], [])


def test_all_checks_are_listed_with_their_help(alice_api: APIClient) -> None:
    known = next(iter(checks.registry()))
    make_service("ledger", results={known: result("fail", "No.", FILE)})
    found = as_described(alice_api.get(f"{BASE}/checks"))["items"]
    assert [each["id"] for each in found] == list(checks.registry())
    assert all(each["rationale"] and each["fix"] for each in found)
    assert {each["id"]: each["counts"] for each in found}[known] == {"fail": 1, "error": 0, "waived": 0}


def test_a_check_names_the_services_that_fail_it(alice_api: APIClient) -> None:
    known = next(iter(checks.registry()))
    make_service("ledger", results={known: result("fail", "No limits.", FILE)})
    make_service("till", results={known: result("error", "No tool.")})
    make_service("basket")
    found = as_described(alice_api.get(f"{BASE}/checks/{known}"))
    assert {(each["entityRef"], each["verdict"]) for each in found["failing"]} == {
        ("component:default/ledger", "fail"),
        ("component:default/till", "error"),
    }
    assert found["counts"] == {"fail": 1, "error": 1, "waived": 0}
    assert found["policyLevels"] == [check_levels()[known].value]


@pytest.mark.parametrize("check", ["nosuch", "%00", "x" * 200, "..%2f..", "readme_content"])
def test_an_unknown_check_is_not_found(alice_api: APIClient, check: str) -> None:
    assert alice_api.get(f"{BASE}/checks/{check}").status_code == 404


def test_checks_take_no_parameters(alice_api: APIClient) -> None:
    assert "Unknown parameter" in refused(alice_api.get(f"{BASE}/checks?area=Go"), 400, "InputError")


def test_verdicts_are_filtered(alice_api: APIClient) -> None:
    check = check_of(Level.SILVER)
    make_service("ledger", results={check: result("fail", "No.", FILE)})
    make_service("till", owner_ref="group:default/identity", results={check: result("fail", "No.", FILE)})

    def services(query: str) -> list[str]:
        return [each["service"] for each in as_described(alice_api.get(f"{BASE}/verdicts?{query}"))["items"]]

    both = ["component:default/ledger", "component:default/till"]
    assert services(f"check={check}") == services("verdict=fail") == services("verdict=fail&level=silver") == both
    assert services("verdict=fail&team=identity") == [both[1]]
    assert services("verdict=fail&service=ledger") == [both[0]]
    assert services("verdict=fail&level=gold") == services("check=nosuch") == []


@pytest.mark.parametrize(
    ("query", "words"),
    [("verdict=bad", "Use one of pass"), ("level=x", "Use one of none"), ("owner=payments", "Unknown parameter owner")],
)
def test_a_bad_filter_of_verdicts_is_refused(alice_api: APIClient, query: str, words: str) -> None:
    assert words in refused(alice_api.get(f"{BASE}/verdicts?{query}"), 400, "InputError")
