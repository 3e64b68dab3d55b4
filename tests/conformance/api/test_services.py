"""Services, snapshots, history and drift over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle

from conformance.examining.terms import Level
from conformance.models import Evaluation, Service, Snapshot
from tests.conformance.api.conftest import BASE, as_described, refused
from tests.conformance.fleet import check_levels, make_service, result

LEDGER = f"{BASE}/services/default/ledger"
FILE = "deployments/k8s/base/deployment.yaml"


def check_of(level: Level, number: int = 0) -> str:
    return [check for check, at in check_levels().items() if at is level][number]


def named(response: Any) -> list[str]:
    return [item["name"] for item in as_described(response)["items"]]


def test_a_service_tells_level_score_commit_drift_and_verdicts(alice_api: APIClient) -> None:
    failing = check_of(Level.SILVER)
    service = make_service(
        "ledger", results={failing: result("fail", "No limits.", FILE)}, files={"Makefile": "weakened"}
    )
    found = as_described(alice_api.get(LEDGER))
    assert (found["level"], found["score"], found["commit"]) == ("bronze", service.score, service.commit)
    assert found["drift"]["weakened"] == 1
    assert found["drift"]["in-sync"] == 60
    verdicts = {each["check"]: each for each in found["verdicts"]}
    assert set(verdicts) == set(check_levels())
    assert verdicts[failing]["verdict"] == "fail"
    assert verdicts[failing]["level"] == "silver"
    assert verdicts[failing]["evidence"][0]["path"] == FILE
    assert found["next"] == {"level": "silver", "checks": [failing]}
    assert found["counts"]["fail"] == 1
    assert (found["policy"], found["checkerVersion"]) == (1, "suite")


def test_a_golden_service_has_no_next_level(alice_api: APIClient) -> None:
    make_service("ledger")
    assert as_described(alice_api.get(LEDGER))["next"] is None


def test_evidence_of_files_that_are_there_leads_to_the_line(alice_api: APIClient) -> None:
    check = check_of(Level.BRONZE)
    there = {"path": "a b#.md", "line": 7, "sha": "a" * 40, "excerpt": "x", "note": ""}
    gone = {"path": "README.md", "line": 0, "sha": "", "excerpt": "", "note": "missing"}
    service = make_service("ledger", results={check: {"verdict": "fail", "message": "No.", "evidence": [there, gone]}})
    verdicts = {each["check"]: each for each in as_described(alice_api.get(LEDGER))["verdicts"]}
    first, second = verdicts[check]["evidence"]
    assert first["url"].endswith(f"/git/default/ledger/file/a%20b%23.md?ref={service.commit}#L7")
    assert second["url"] == ""


def test_a_service_that_was_never_scanned_is_told_as_such(alice_api: APIClient) -> None:
    make_service("ledger", is_scanned=False)
    found = as_described(alice_api.get(LEDGER))
    assert (found["level"], found["commit"], found["evaluatedAt"], found["policy"]) == ("none", "", None, None)
    assert found["verdicts"] == []


def test_outsiders_read_levels_as_everybody_reads_the_catalog(charlie_api: APIClient) -> None:
    make_service("ledger")
    assert as_described(charlie_api.get(LEDGER))["level"] == "gold"
    assert as_described(charlie_api.get(f"{BASE}/services/DEFAULT/Ledger"))["name"] == "ledger"


@pytest.mark.parametrize(
    "suffix",
    ["", "/snapshots", "/snapshots/1", "/evaluations", "/drift", "/sarif", "/scorecard", "/badge.svg"],
)
@pytest.mark.parametrize("place", ["default/nosuch", "default/%00", "default/..%2f", "x' OR '1'='1/ledger"])
def test_what_is_not_there_is_not_found(alice_api: APIClient, place: str, suffix: str) -> None:
    make_service("ledger")
    assert alice_api.get(f"{BASE}/services/{place}{suffix}").status_code == 404


def test_the_message_of_an_unknown_service_names_it(alice_api: APIClient) -> None:
    assert "default/nosuch" in refused(alice_api.get(f"{BASE}/services/default/nosuch"), 404, "NotFoundError")


def make_some() -> None:
    bronze = {check_of(Level.SILVER): result("fail", "No.", FILE)}
    make_service("ledger", results=bronze, files={FILE: "drifted", "Makefile": "missing"}, lifecycle="deprecated")
    make_service("till", owner_ref="group:default/identity", title="Cash desk", versions_behind=2)
    make_service("basket", is_scanned=False, system_ref="system:default/accounts", type="worker")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["basket", "ledger", "till"]),
        ("owner=group:default/identity", ["till"]),
        ("owner=Identity", ["till"]),
        ("level=gold", ["till"]),
        ("system=accounts", ["basket"]),
        ("type=worker", ["basket"]),
        ("lifecycle=deprecated", ["ledger"]),
        ("template=go-blank-service&version=1.0.0", ["basket", "ledger", "till"]),
        ("version=0.1.0", []),
        ("drift=missing", ["ledger"]),
        ("drift=behind", []),
        ("text=desk cash", ["till"]),
        ("text=%25", []),
        ("owner=payments&drift=drifted&level=bronze", ["ledger"]),
        ("sort=-name", ["till", "ledger", "basket"]),
        ("sort=-level", ["till", "ledger", "basket"]),
        ("sort=-failed&limit=1", ["ledger"]),
        ("sort=-departed&limit=1", ["ledger"]),
        ("sort=-versionsBehind&limit=1", ["till"]),
        ("sort=evaluatedAt&limit=1", ["basket"]),
        ("owner=", ["basket", "ledger", "till"]),
    ],
)
def test_lists_are_filtered_and_sorted(alice_api: APIClient, query: str, names: list[str]) -> None:
    make_some()
    assert named(alice_api.get(f"{BASE}/services?{query}")) == names


def test_a_list_by_failing_check(alice_api: APIClient) -> None:
    make_some()
    assert named(alice_api.get(f"{BASE}/services?fails={check_of(Level.SILVER)}")) == ["ledger"]
    assert named(alice_api.get(f"{BASE}/services?fails=no-such-check")) == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("levle=gold", "Unknown parameter levle"),
        ("level=platinum", "Use one of none, bronze"),
        ("drift=lost", "Use one of in-sync"),
        ("owner=a:b:c/d/e", "owner"),
        ("owner=" + "x" * 300, "255"),
        ("text=" + "x" * 300, "200"),
        ("text=%00", "Null characters"),
        ("sort=colour", "Invalid sort"),
        ("sort=--name", "Invalid sort"),
        ("limit=0", "Invalid limit"),
        ("limit=ten", "Invalid limit"),
        ("limit=-1", "Invalid limit"),
        ("limit=" + "9" * 5_000, "Invalid limit"),
        ("limit=٣", "Invalid limit"),
        ("totalItems=maybe", "Invalid totalItems"),
        ("cursor=x", "Malformed cursor"),
        ("cursor=" + "W" * 50_000, "Malformed cursor"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("path", ["services", "fleets", "exports/services.csv", "exports/services.json"])
def test_a_bad_parameter_is_refused_with_words(alice_api: APIClient, path: str, query: str, words: str) -> None:
    response = alice_api.get(f"{BASE}/{path}?{query}")
    if path != "services" and query.partition("=")[0] in {"sort", "limit", "totalItems", "cursor"}:
        words = "Unknown parameter"
    if "owner=a:b" in query:
        assert response.status_code == 400
        return
    assert words in refused(response, 400, "InputError")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_services_are_not_written_here(alice_api: APIClient, method: str) -> None:
    make_service("ledger")
    for path in (f"{BASE}/services", LEDGER, f"{LEDGER}/drift", f"{BASE}/fleets"):
        assert getattr(alice_api, method)(path, {}, format="json").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "fleets", "services", "services/default/ledger", "services/default/ledger/snapshots", "checks", "verdicts",
        "services/default/ledger/sarif", "services/default/ledger/scorecard", "exports/services.csv", "policies",
        "waivers", "events", "webhooks", "policies/1/what-if",
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_without_a_token_nothing_is_told(path: str) -> None:
    refused(APIClient().get(f"{BASE}/{path}"), 401, "AuthenticationError")


def test_snapshots_come_newest_first_and_one_has_its_results(alice_api: APIClient) -> None:
    failing = check_of(Level.BRONZE)
    service = make_service("ledger", results={failing: result("fail", "No.", FILE)}, files={"Makefile": "drifted"})
    page = as_described(alice_api.get(f"{LEDGER}/snapshots"))
    (shown,) = page["items"]
    assert (shown["commit"], shown["fileCount"], shown["drift"]["drifted"]) == (service.commit, 150, 1)
    assert "results" not in shown
    one = as_described(alice_api.get(f"{LEDGER}/snapshots/{shown['id']}"))
    assert {each["check"]: each["verdict"] for each in one["results"]}[failing] == "fail"
    assert one["files"] == [{"path": "Makefile", "drift": "drifted", "isGuard": False, "renamedTo": ""}]
    assert named_commits(alice_api, f"commit={service.commit}") == [service.commit]
    assert named_commits(alice_api, "commit=0000") == []


def named_commits(api: APIClient, query: str) -> list[str]:
    return [each["commit"] for each in as_described(api.get(f"{LEDGER}/snapshots?{query}"))["items"]]


def test_a_snapshot_of_another_service_is_not_found(alice_api: APIClient) -> None:
    make_service("ledger")
    other = make_service("till")
    assert other.snapshot is not None
    refused(alice_api.get(f"{LEDGER}/snapshots/{other.snapshot.pk}"), 404, "NotFoundError")


@pytest.mark.parametrize("snapshot", ["0", "-1", "x", "9" * 9, "9" * 30, "1.0", "٣"])
def test_what_is_no_snapshot_is_not_found(alice_api: APIClient, snapshot: str) -> None:
    make_service("ledger")
    refused(alice_api.get(f"{LEDGER}/snapshots/{snapshot}"), 404, "NotFoundError")


def test_history_outlives_its_snapshots(alice_api: APIClient) -> None:
    make_service("ledger", history={30: "none", 3: "bronze"})
    Evaluation.objects.filter(level="bronze").update(snapshot=None, commit="abc")
    found = as_described(alice_api.get(f"{LEDGER}/evaluations"))["items"]
    assert [each["level"] for each in found] == ["gold", "bronze", "none"]
    assert [each["previousLevel"] for each in found] == ["bronze", "none", ""]
    assert (found[1]["snapshot"], found[1]["commit"]) == (None, "abc")


def test_drift_lists_the_files_and_where_they_are(alice_api: APIClient) -> None:
    service = make_service("ledger", files={"Makefile": "weakened", "a.md": "missing", "b.md": "behind"})
    service.drifted_files.filter(path="Makefile").update(current_blob="b" * 40)
    found = as_described(alice_api.get(f"{LEDGER}/drift"))["items"]
    assert [each["path"] for each in found] == ["Makefile", "a.md", "b.md"]
    assert found[0]["url"].endswith(f"/file/Makefile?ref={service.commit}")
    assert (found[0]["isGuard"], found[1]["url"]) == (True, "")
    only = as_described(alice_api.get(f"{LEDGER}/drift?drift=missing"))["items"]
    assert [each["path"] for each in only] == ["a.md"]


def test_members_ask_for_a_scan(alice_api: APIClient) -> None:
    service = make_service("ledger")
    answer = alice_api.post(f"{LEDGER}/scan")
    body = as_described(answer)
    assert answer.status_code == 202
    service.refresh_from_db()
    assert service.scan_requested_at is not None
    assert body["entityRef"] == "component:default/ledger"
    assert as_described(alice_api.get(LEDGER))["isScanPending"] is True


def test_platform_engineers_ask_for_any_scan(admin_api: APIClient) -> None:
    make_service("ledger")
    assert admin_api.post(f"{LEDGER}/scan", {}, format="json").status_code == 202


def test_outsiders_may_not_ask_for_a_scan(charlie_api: APIClient) -> None:
    service = make_service("ledger")
    assert "payments" in refused(charlie_api.post(f"{LEDGER}/scan"), 403, "NotAllowedError")
    service.refresh_from_db()
    assert service.scan_requested_at is None


def test_a_scan_of_nothing_is_not_found(alice_api: APIClient) -> None:
    refused(alice_api.post(f"{BASE}/services/default/nosuch/scan"), 404, "NotFoundError")


@pytest.mark.parametrize(
    ("content", "status"), [("[]", 400), ('{"force": true}', 400), ("{", 400), ('"x"', 400), ("[" * 100_000, 400)]
)
def test_a_scan_takes_no_fields(alice_api: APIClient, content: str, status: int) -> None:
    make_service("ledger")
    answer = alice_api.post(f"{LEDGER}/scan", content, content_type="application/json")
    assert answer.status_code == status


def test_a_form_is_refused(alice_api: APIClient) -> None:
    make_service("ledger")
    answer = alice_api.post(f"{LEDGER}/scan", "a=b", content_type="application/x-www-form-urlencoded")
    refused(answer, 415, "InputError")


def test_reads_and_changes_are_throttled_apart(alice_api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"read": "2/min", "create": "1/min"})
    make_service("ledger")
    cache.clear()
    try:
        reads = [alice_api.get(LEDGER).status_code for _ in range(3)]
        changes = [alice_api.post(f"{LEDGER}/scan").status_code for _ in range(2)]
    finally:
        cache.clear()
    assert (reads, changes) == ([200, 200, 429], [202, 429])


def test_rows_are_not_changed_by_reading(alice_api: APIClient) -> None:
    make_service("ledger")
    before = list(Service.objects.values()), list(Snapshot.objects.values())
    for path in ("", "/snapshots", "/evaluations", "/drift", "/sarif", "/scorecard", "/badge.svg"):
        assert alice_api.get(f"{LEDGER}{path}").status_code == 200
    assert (list(Service.objects.values()), list(Snapshot.objects.values())) == before
