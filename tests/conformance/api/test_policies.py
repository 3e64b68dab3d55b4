"""Policies over REST: drafts, publishing, the what-if, and everything that is refused."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from conformance import checks
from conformance.models import Policy, Service
from conformance.services import policies
from tests.conformance.api.conftest import BASE, as_described, refused
from tests.conformance.fleet import make_service, result

POLICIES = f"{BASE}/policies"
ONE, TWO = list(checks.registry())[:2]


def document(**levels: str) -> dict[str, Any]:
    rules = [{"check": check, "level": level} for check, level in (levels or {ONE: "bronze"}).items()]
    days = {"bronze": 30, "silver": 60, "gold": 90}
    return {"rules": rules, "waivers": {"maxDays": days, "approvers": "platform"}}


@pytest.fixture(autouse=True)
def published(people: object) -> Policy:
    """Version 1, the built-in policy."""
    return policies.published()


def draft(api: APIClient, **levels: str) -> dict[str, Any]:
    answer = api.post(POLICIES, {"document": document(**levels), "note": "A draft"}, format="json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = as_described(answer)
    return made


def test_a_draft_is_made_changed_published_and_holds(admin_api: APIClient, alice_api: APIClient) -> None:
    made = draft(admin_api)
    assert (made["number"], made["status"], made["author"]) == (2, "draft", "user:default/admin")
    address = f"{POLICIES}/{made['number']}"
    body = {"document": document(**{TWO: "gold"}), "note": "Another", "digest": made["digest"]}
    changed = as_described(admin_api.put(address, body, format="json"))
    assert changed["digest"] != made["digest"]
    assert changed["document"]["rules"] == [{"check": TWO, "level": "gold"}]
    done = as_described(admin_api.post(f"{address}/publish", {"over": 1}, format="json"))
    assert (done["status"], done["publishedBy"]) == ("published", "user:default/admin")
    listed = as_described(alice_api.get(POLICIES))["items"]
    assert [(each["number"], each["status"]) for each in listed] == [(2, "published"), (1, "retired")]
    assert "document" not in listed[0]
    assert [each["number"] for each in as_described(alice_api.get(f"{POLICIES}?status=retired"))["items"]] == [1]


def test_a_what_if_tells_who_would_fall_and_changes_nothing(admin_api: APIClient, alice_api: APIClient) -> None:
    make_service("ledger", results={TWO: result("fail", "No.", "README.md")})
    service = make_service("till", is_scanned=False)
    Service.objects.filter(name="ledger").update(level="gold")
    made = draft(admin_api, **{ONE: "bronze", TWO: "silver"})
    before = list(Service.objects.values())
    found = as_described(alice_api.get(f"{POLICIES}/{made['number']}/what-if"))
    assert (found["policy"], found["published"], found["services"], found["unscanned"]) == (2, 1, 1, 1)
    (fall,) = found["falling"]
    assert (fall["entityRef"], fall["before"], fall["after"]) == ("component:default/ledger", "gold", "bronze")
    assert found["behindFalls"] == [{"check": TWO, "services": 1}]
    assert {"source": "gold", "target": "bronze", "services": 1} in found["moves"]
    assert list(Service.objects.values()) == before
    assert service.pk is not None


@pytest.mark.parametrize("verb", ["post", "put", "delete", "publish"])
def test_only_platform_engineers_change_the_policy(admin_api: APIClient, alice_api: APIClient, verb: str) -> None:
    made = draft(admin_api)
    address, body = f"{POLICIES}/{made['number']}", {"document": document()}
    answers = {
        "post": lambda: alice_api.post(POLICIES, body, format="json"),
        "put": lambda: alice_api.put(address, body, format="json"),
        "delete": lambda: alice_api.delete(address),
        "publish": lambda: alice_api.post(f"{address}/publish", {}, format="json"),
    }
    refused(answers[verb](), 403, "NotAllowedError")
    assert list(Policy.objects.values_list("number", "status")) == [(2, "draft"), (1, "published")]


def test_a_draft_is_discarded(admin_api: APIClient) -> None:
    made = draft(admin_api)
    answer = admin_api.delete(f"{POLICIES}/{made['number']}")
    assert (answer.status_code, as_described(answer)) == (204, None)
    refused(admin_api.get(f"{POLICIES}/{made['number']}"), 404, "NotFoundError")


def test_a_published_version_never_changes(admin_api: APIClient) -> None:
    body = {"document": document()}
    refused(admin_api.put(f"{POLICIES}/1", body, format="json"), 409, "ConflictError")
    refused(admin_api.delete(f"{POLICIES}/1"), 409, "ConflictError")
    refused(admin_api.post(f"{POLICIES}/1/publish", {}, format="json"), 409, "ConflictError")


def test_a_draft_that_somebody_else_saved_is_not_overwritten(admin_api: APIClient) -> None:
    made = draft(admin_api)
    address = f"{POLICIES}/{made['number']}"
    admin_api.put(address, {"document": document(**{TWO: "gold"})}, format="json")
    late = {"document": document(), "digest": made["digest"]}
    assert "Somebody else" in refused(admin_api.put(address, late, format="json"), 409, "ConflictError")


def test_a_draft_compared_with_another_version_is_not_published(admin_api: APIClient) -> None:
    first, second = draft(admin_api), draft(admin_api)
    admin_api.post(f"{POLICIES}/{first['number']}/publish", {"over": 1}, format="json")
    answer = admin_api.post(f"{POLICIES}/{second['number']}/publish", {"over": 1}, format="json")
    assert "published meanwhile" in refused(answer, 409, "ConflictError")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ["document"]),
        ({"document": None}, ["document"]),
        ({"document": "x"}, ["document"]),
        ({"document": []}, ["document"]),
        ({"document": {}}, []),
        ({"document": {**document(), "rules": [{"check": "nosuch", "level": "bronze"}]}}, ["rules", 0, "check"]),
        ({"document": {**document(), "rules": [{"check": ONE, "level": "platinum"}]}}, ["rules", 0, "level"]),
        ({"document": document(), "note": "x" * 301}, ["note"]),
        ({"document": document(), "note": "a\nb"}, ["note"]),
        ({"document": document(), "note": []}, ["note"]),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_document_is_refused_place_by_place(
    admin_api: APIClient, body: dict[str, Any], path: list[Any]
) -> None:
    answer = admin_api.post(POLICIES, body, format="json")
    refused(answer, 400, "InputError")
    assert answer.json()["error"]["fields"][0]["path"] == path
    assert Policy.objects.count() == 1


def test_a_document_nested_without_end_is_refused(admin_api: APIClient) -> None:
    content = '{"document": ' + '{"rules":' * 50_000 + "1" + "}" * 50_000 + "}"
    refused(admin_api.post(POLICIES, content, content_type="application/json"), 400, "InputError")


def test_a_document_too_large_is_refused(admin_api: APIClient) -> None:
    rules = [{"check": ONE, "level": "bronze", "when": {"tags": ["x" * 200]}}] * 2_000
    body = {"document": {**document(), "rules": rules}}
    assert admin_api.post(POLICIES, body, format="json").status_code in {400, 413}


@pytest.mark.parametrize("number", ["0", "99", "-1", "x", "9" * 30, "1.0"])
def test_what_is_no_version_is_not_found(admin_api: APIClient, number: str) -> None:
    refused(admin_api.get(f"{POLICIES}/{number}"), 404, "NotFoundError")
    refused(admin_api.get(f"{POLICIES}/{number}/what-if"), 404, "NotFoundError")
    refused(admin_api.post(f"{POLICIES}/{number}/publish", {}, format="json"), 404, "NotFoundError")


@pytest.mark.parametrize("over", [0, -1, "one", 1.5, [1]])
def test_a_wrong_number_to_compare_with_is_refused(admin_api: APIClient, over: Any) -> None:
    made = draft(admin_api)
    answer = admin_api.post(f"{POLICIES}/{made['number']}/publish", {"over": over}, format="json")
    refused(answer, 400, "InputError")
