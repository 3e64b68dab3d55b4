"""Tech Insights: Backstage's wire, answered from stored results."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from conformance import checks
from conformance.examining.terms import LEVELS, Level
from conformance.models import Evaluation, Service, Verdict
from tests.conformance.api.test_services import FILE, check_of
from tests.conformance.fleet import check_levels, make_fleet, make_service, result

BASE = "/api/tech-insights"
RUN = f"{BASE}/checks/run"
ONE = f"{RUN}/default/component/ledger"
LEVEL_IDS = [f"goldpath-level-{level.value}" for level in LEVELS]
COMPONENT = {"namespace": "default", "kind": "component", "name": "ledger"}


def body_of(response: Any) -> Any:
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(b"".join(getattr(response, "streaming_content", None) or [response.content]))


def by_id(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["check"]["id"]: each for each in results}


def ran(api: APIClient, path: str = ONE, body: Any = None) -> dict[str, dict[str, Any]]:
    return by_id(body_of(api.post(path, body or {}, format="json")))


def refused(response: Any, status: int, name: str) -> str:
    error = response.json()["error"]
    assert (response.status_code, error["name"]) == (status, name)
    message: str = error["message"]
    assert message.isprintable()
    return message


def test_all_checks_are_listed_in_backstages_shape(alice_api: APIClient) -> None:
    listed = body_of(alice_api.get(f"{BASE}/checks"))
    assert [each["id"] for each in listed] == [*LEVEL_IDS, *checks.registry()]
    for each in listed:
        assert set(each) == {"id", "type", "name", "description", "factIds", "metadata", "links", "rule", "filter"}
        assert each["type"] == "json-rules-engine"
        assert all(set(link) == {"title", "url"} for link in each["links"])
    about = listed[len(LEVEL_IDS)]
    assert "**How to fix it**" in about["description"]
    assert about["rule"]["conditions"]["all"][0]["fact"] == about["id"]


def test_results_say_what_holds_where_and_how_to_fix_it(alice_api: APIClient, settings: Settings) -> None:
    settings.GOLDPATH_BASE_URL = "https://goldpath.example"
    failing, excused = check_of(Level.SILVER), check_of(Level.GOLD)
    make_service(
        "ledger",
        results={failing: result("fail", "No limits.", FILE), excused: result("fail", "No budget.")},
        waived={excused: "user:default/bob"},
    )
    found = ran(alice_api)
    assert found[failing]["result"] is False
    description = found[failing]["check"]["description"]
    assert "No limits." in description
    assert "deployment.yaml" in description
    assert "How to fix it" in description
    assert found[failing]["check"]["metadata"] | {"area": ""} == {"level": "silver", "area": "", "verdict": "fail"}
    assert found[failing]["facts"][failing]["value"] is False
    assert found[failing]["facts"][failing]["type"] == "boolean"
    page = {"title": "The service in Goldpath", "url": "https://goldpath.example/conformance/services/default/ledger"}
    assert found[failing]["check"]["links"][0] == page
    assert (found[excused]["result"], found[excused]["check"]["metadata"]["verdict"]) == (True, "waived")
    assert found[excused]["check"]["description"].startswith("**Waived.**")
    assert [found[each]["result"] for each in LEVEL_IDS] == [True, False, False]


def test_what_nobody_can_say_has_no_result(alice_api: APIClient) -> None:
    unsure, none = check_of(Level.SILVER), check_of(Level.SILVER, 1)
    make_service("ledger", results={unsure: result("error", "No tool."), none: result("not-applicable", "None.")})
    assert set(check_levels()) - set(ran(alice_api)) == {unsure, none}


def test_only_the_checks_that_are_asked_for_run(alice_api: APIClient) -> None:
    make_service("ledger")
    known = next(iter(checks.registry()))
    assert set(ran(alice_api, body={"checks": [known, LEVEL_IDS[0]]})) == {known, LEVEL_IDS[0]}
    assert ran(alice_api, body={"checks": []}) == {}


def test_an_unknown_check_is_refused_as_backstage_does(alice_api: APIClient) -> None:
    make_service("ledger")
    message = refused(alice_api.post(ONE, {"checks": ["nosuch"]}, format="json"), 404, "NotFoundError")
    assert message == "Tech insight check with id 'nosuch' is not registered."
    many = body_of(alice_api.post(RUN, {"entities": [COMPONENT], "checks": ["nosuch"]}, format="json"))
    assert many == [{"entity": "component:default/ledger", "error": many[0]["error"], "results": []}]
    assert many[0]["error"]["name"] == "NotFoundError"


def test_an_entity_without_facts_has_no_results(alice_api: APIClient) -> None:
    make_service("till", is_scanned=False)
    for path in ("default/component/nosuch", "default/component/till", "default/group/payments", "other/component/x"):
        assert ran(alice_api, f"{RUN}/{path}") == {}


@pytest.mark.parametrize("path", ["Default/Component/LEDGER", "default/component/ledger", "default/Component/ledger"])
def test_any_case_means_the_same_entity(alice_api: APIClient, path: str) -> None:
    make_service("ledger")
    assert ran(alice_api, f"{RUN}/{path}")


def test_many_entities_come_in_the_order_asked_for(alice_api: APIClient) -> None:
    make_service("ledger")
    make_service("till")
    asked: list[Any] = [
        {**COMPONENT, "name": "till"}, "component:default/ledger", {**COMPONENT, "name": "nosuch"},
        {"kind": "component"}, 7, "a:b:c", {**COMPONENT, "kind": "Component"},
    ]  # fmt: skip
    found = body_of(alice_api.post(RUN, {"entities": asked}, format="json"))
    assert [each["entity"] for each in found[:3]] == [
        "component:default/till", "component:default/ledger", "component:default/nosuch",
    ]  # fmt: skip
    assert [bool(each["results"]) for each in found] == [True, True, False, False, False, False, True]
    assert [each["error"]["name"] for each in found[3:6]] == ["InputError"] * 3
    assert "error" not in found[2]


def test_no_entities_means_all_that_were_scanned(alice_api: APIClient) -> None:
    make_fleet(30)
    found = body_of(alice_api.post(RUN, {"entities": []}, format="json"))
    assert {each["entity"] for each in found} == set(
        Service.objects.exclude(snapshot=None).values_list("entity_ref", flat=True)
    )
    assert all(each["results"] for each in found)


def test_no_entities_and_no_services_is_an_empty_list(alice_api: APIClient) -> None:
    assert body_of(alice_api.post(RUN, {"entities": []}, format="json")) == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"entities": None}, {"entities": {}}, {"entities": "all"}, {"entities": [], "checks": "x"},
        {"entities": [], "checks": [1]}, {"entities": ["x"] * 5_001}, [], "x", {"entities": [], "checks": ["x"] * 501},
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_bad_body_is_refused(alice_api: APIClient, body: Any) -> None:
    refused(alice_api.post(RUN, body, format="json"), 400, "InputError")


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "null"])
def test_a_body_that_is_no_object_is_refused(alice_api: APIClient, content: str) -> None:
    for path in (RUN, ONE):
        refused(alice_api.post(path, content, content_type="application/json"), 400, "InputError")


@pytest.mark.parametrize("name", ["%00", "x" * 300, "..%2f..", "a b", "{{7*7}}"])
def test_what_cannot_be_an_entity_has_no_results(alice_api: APIClient, name: str) -> None:
    answer = alice_api.post(f"{RUN}/default/component/{name}", {}, format="json")
    assert answer.status_code in {200, 400, 404}
    assert answer.status_code != 200 or answer.json() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "checks"), ("post", "checks/run"), ("post", "checks/run/default/component/ledger"),
        ("get", "fact-schemas"), ("get", "facts/latest"), ("get", "facts/range"),
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_without_a_token_nothing_is_told(method: str, path: str) -> None:
    refused(getattr(APIClient(), method)(f"{BASE}/{path}"), 401, "AuthenticationError")


def test_running_is_a_read_and_starts_no_work(alice_api: APIClient) -> None:
    make_service("ledger", results={check_of(Level.GOLD): result("fail", "No.", FILE)})
    before = list(Service.objects.values()), list(Verdict.objects.values()), Evaluation.objects.count()
    ran(alice_api)
    body_of(alice_api.post(RUN, {"entities": []}, format="json"))
    assert (list(Service.objects.values()), list(Verdict.objects.values()), Evaluation.objects.count()) == before


def test_many_entities_cost_as_many_queries_as_few(alice_api: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            body_of(alice_api.post(RUN, {"entities": []}, format="json"))
        return len(captured)

    make_service("ledger")
    queries()
    few = queries()
    make_fleet(60)
    assert queries() == few == 3


HOSTILE = "](javascript:alert(1)) <img src=x onerror=alert(1)> `x` *b* | # \\"


def test_markdown_injection_out_of_a_repository_is_disarmed(alice_api: APIClient) -> None:
    check = check_of(Level.BRONZE)
    make_service("ledger", results={check: result("fail", HOSTILE, HOSTILE)})
    description = ran(alice_api)[check]["check"]["description"]
    from nh3 import is_html

    from portal.web.prose import markdown

    html = str(markdown(description.split("**How to fix it**")[0]))
    assert not is_html(html.replace("<p>", "").replace("</p>", "").replace("<ul>", "").replace("</ul>", "")
                       .replace("<li>", "").replace("</li>", ""))  # fmt: skip
    assert "javascript:alert(1)" in html


def test_page_views_are_counted_as_reads(alice_api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"read": "2/min"})
    make_service("ledger")
    cache.clear()
    try:
        codes = [alice_api.post(ONE, {}, format="json").status_code for _ in range(3)]
    finally:
        cache.clear()
    assert codes == [200, 200, 429]
