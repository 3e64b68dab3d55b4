"""Waivers over REST: who may ask, decide, take back and end, and everything that is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conformance.examining.terms import Level
from conformance.models import Service, Waiver
from tests.conformance.api.conftest import BASE, as_described, refused
from tests.conformance.api.test_services import FILE, check_of
from tests.conformance.fleet import make_service, result

WAIVERS = f"{BASE}/waivers"


def failing() -> str:
    return check_of(Level.SILVER)


@pytest.fixture
def ledger(people: object) -> Service:
    """A service of payments with one failure in two files."""
    return make_service("ledger", results={failing(): result("fail", "No limits.", FILE, "Makefile")})


def asked(**changes: Any) -> dict[str, Any]:
    in_ten_days = (timezone.now() + dt.timedelta(days=10)).isoformat()
    body = {
        "service": "component:default/ledger",
        "check": failing(),
        "reason": "The vendor's image is replaced next quarter.",
        "expiresAt": in_ten_days,
    }
    return {key: value for key, value in {**body, **changes}.items() if value is not None}


def ask(api: APIClient, **changes: Any) -> dict[str, Any]:
    answer = api.post(WAIVERS, asked(**changes), format="json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = as_described(answer)
    return made


def level_of(api: APIClient) -> str:
    return str(as_described(api.get(f"{BASE}/services/default/ledger"))["level"])


def test_a_waiver_is_asked_for_approved_and_counts(ledger: Service, alice_api: APIClient, admin_api: APIClient) -> None:
    assert level_of(alice_api) == "bronze"
    made = ask(alice_api)
    assert (made["status"], made["requester"], made["approver"]) == ("requested", "user:default/alice", "")
    answer = admin_api.post(f"{WAIVERS}/{made['id']}/approve", {"decision": "Until then."}, format="json")
    approved = as_described(answer)
    assert (approved["status"], approved["approver"]) == ("approved", "user:default/admin")
    found = as_described(alice_api.get(f"{BASE}/services/default/ledger"))
    assert (found["level"], found["counts"]["waived"]) == ("gold", 1)
    waived = {each["check"]: each for each in found["verdicts"]}[failing()]
    assert (waived["verdict"], waived["waiver"]) == ("waived", made["id"])


def test_an_approved_waiver_is_revoked_and_the_failure_counts(
    ledger: Service, alice_api: APIClient, admin_api: APIClient
) -> None:
    made = ask(alice_api)
    admin_api.post(f"{WAIVERS}/{made['id']}/approve", {}, format="json")
    revoked = as_described(
        admin_api.post(f"{WAIVERS}/{made['id']}/revoke", {"decision": "It is repaired."}, format="json")
    )
    assert (revoked["status"], level_of(alice_api)) == ("revoked", "bronze")


def test_a_request_is_rejected_with_a_reason(ledger: Service, alice_api: APIClient, admin_api: APIClient) -> None:
    made = ask(alice_api)
    rejected = as_described(admin_api.post(f"{WAIVERS}/{made['id']}/reject", {"decision": "Repair it."}, format="json"))
    assert (rejected["status"], rejected["decision"]) == ("rejected", "Repair it.")


def test_a_request_is_withdrawn_by_who_asked(ledger: Service, alice_api: APIClient, bob_api: APIClient) -> None:
    made = ask(alice_api)
    refused(bob_api.post(f"{WAIVERS}/{made['id']}/withdraw"), 403, "NotAllowedError")
    assert as_described(alice_api.post(f"{WAIVERS}/{made['id']}/withdraw"))["status"] == "withdrawn"


def test_nobody_approves_their_own_request(ledger: Service, admin_api: APIClient) -> None:
    made = ask(admin_api)
    message = refused(admin_api.post(f"{WAIVERS}/{made['id']}/approve", {}, format="json"), 403, "NotAllowedError")
    assert "somebody else" in message
    assert Waiver.objects.get().status == "requested"


@pytest.mark.parametrize("verb", ["approve", "reject", "revoke", "withdraw"])
def test_outsiders_decide_nothing(ledger: Service, alice_api: APIClient, charlie_api: APIClient, verb: str) -> None:
    made = ask(alice_api)
    body = {} if verb == "withdraw" else {"decision": "Because."}
    refused(charlie_api.post(f"{WAIVERS}/{made['id']}/{verb}", body, format="json"), 403, "NotAllowedError")
    assert Waiver.objects.get().status == "requested"


def test_outsiders_ask_for_nothing(ledger: Service, charlie_api: APIClient) -> None:
    assert "payments" in refused(charlie_api.post(WAIVERS, asked(), format="json"), 403, "NotAllowedError")
    assert not Waiver.objects.exists()


def test_what_is_decided_is_decided_once(ledger: Service, alice_api: APIClient, admin_api: APIClient) -> None:
    made = ask(alice_api)
    admin_api.post(f"{WAIVERS}/{made['id']}/reject", {"decision": "No."}, format="json")
    for verb in ("reject", "revoke"):
        answer = admin_api.post(f"{WAIVERS}/{made['id']}/{verb}", {"decision": "Again."}, format="json")
        refused(answer, 409, "ConflictError")
    refused(alice_api.post(f"{WAIVERS}/{made['id']}/withdraw"), 409, "ConflictError")


def test_a_second_request_for_the_same_failure_is_a_conflict(ledger: Service, alice_api: APIClient) -> None:
    ask(alice_api)
    refused(alice_api.post(WAIVERS, asked(), format="json"), 409, "ConflictError")
    assert Waiver.objects.count() == 1


def test_what_does_not_fail_is_not_waived(ledger: Service, alice_api: APIClient) -> None:
    refused(alice_api.post(WAIVERS, asked(check=check_of(Level.GOLD)), format="json"), 409, "ConflictError")
    refused(alice_api.post(WAIVERS, asked(check="nosuch"), format="json"), 409, "ConflictError")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": None}, "service"),
        ({"check": None}, "check"),
        ({"reason": None}, "reason"),
        ({"expiresAt": None}, "expiresAt"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"expiresAt": 5}, "expiresAt"),
        ({"reason": ["a"]}, "reason"),
        ({"reason": "x" * 1_001}, "reason"),
        ({"reason": "too short"}, "reason"),
        ({"reason": "with a zero \x00 byte"}, "reason"),
        ({"path": "not/in/the/evidence"}, "path"),
        ({"path": "x" * 1_025}, "path"),
        ({"service": "x" * 256}, "service"),
        ({"check": "x" * 64}, "check"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "2099-01-01T00:00:00Z"}, "expiresAt"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refused_value_is_named(ledger: Service, alice_api: APIClient, changes: dict[str, Any], field: str) -> None:
    answer = alice_api.post(WAIVERS, asked(**changes), format="json")
    refused(answer, 400, "InputError")
    assert answer.json()["error"]["fields"][0]["path"] == [field]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"approver": "user:default/alice"}, "Unknown field approver"), ({"service": "a:b:c"}, "reference")],
)
def test_a_body_that_means_something_else_is_refused(
    ledger: Service, alice_api: APIClient, changes: dict[str, Any], words: str
) -> None:
    assert words in refused(alice_api.post(WAIVERS, asked(**changes), format="json"), 400, "InputError")


@pytest.mark.parametrize("service", ["component:default/nosuch", "ghost", "group:default/payments", "{{ 7*7 }}"])
def test_a_waiver_for_no_service_is_refused(ledger: Service, alice_api: APIClient, service: str) -> None:
    assert alice_api.post(WAIVERS, asked(service=service), format="json").status_code in {400, 404}


@pytest.mark.parametrize("content", ["[]", "null", '"x"', "{", "[" * 100_000, '{"a": 1e999}'])
def test_a_body_that_is_no_object_is_refused(ledger: Service, alice_api: APIClient, content: str) -> None:
    refused(alice_api.post(WAIVERS, content, content_type="application/json"), 400, "InputError")


def test_a_body_without_end_is_not_read(ledger: Service, alice_api: APIClient) -> None:
    body = b'{"reason": "' + b"x" * (1024 * 1024) + b'"}'
    refused(alice_api.post(WAIVERS, body, content_type="application/json"), 413, "PayloadTooLargeError")


@pytest.mark.parametrize("waiver", ["0", "-1", "x", "9" * 30, "1%20OR%201"])
def test_what_is_no_waiver_is_not_found(ledger: Service, alice_api: APIClient, waiver: str) -> None:
    refused(alice_api.get(f"{WAIVERS}/{waiver}"), 404, "NotFoundError")
    refused(alice_api.post(f"{WAIVERS}/{waiver}/approve", {}, format="json"), 404, "NotFoundError")


def test_a_rejection_needs_a_reason(ledger: Service, alice_api: APIClient, admin_api: APIClient) -> None:
    made = ask(alice_api)
    for body in ({}, {"decision": ""}, {"decision": "  "}):
        refused(admin_api.post(f"{WAIVERS}/{made['id']}/reject", body, format="json"), 400, "InputError")


def test_waivers_are_listed_and_filtered(ledger: Service, alice_api: APIClient, charlie_api: APIClient) -> None:
    ask(alice_api, path=FILE)
    ask(alice_api, path="Makefile")

    def paths(query: str) -> list[str]:
        return [each["path"] for each in as_described(charlie_api.get(f"{WAIVERS}?{query}"))["items"]]

    assert paths("") == paths("service=ledger") == paths("owner=payments&status=requested") == ["Makefile", FILE]
    assert paths("requester=alice&sort=createdAt") == [FILE, "Makefile"]
    assert paths("status=approved") == paths("owner=identity") == paths(f"check={check_of(Level.GOLD)}") == []
    assert "Use one of requested" in refused(charlie_api.get(f"{WAIVERS}?status=open"), 400, "InputError")
    one = as_described(charlie_api.get(f"{WAIVERS}/{Waiver.objects.order_by('pk')[0].pk}"))
    assert one["path"] == FILE
