"""Webhooks and events over REST."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from conformance.choices import DeliveryStatus
from conformance.models import Delivery, Event, Webhook
from conformance.services import events
from tests.conformance.api.conftest import BASE, as_described, refused
from tests.conformance.fleet import make_service

WEBHOOKS, EVENTS = f"{BASE}/webhooks", f"{BASE}/events"
URL = "https://hooks.example/goldpath"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def private(settings: Settings) -> None:
    """Take addresses without asking where they lead: nothing is resolved in these tests."""
    settings.GOLDPATH_WEBHOOK_PRIVATE = True


def make(api: APIClient, **body: Any) -> dict[str, Any]:
    answer = api.post(WEBHOOKS, {"url": URL, **body}, format="json")
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = as_described(answer)
    return made


def test_the_secret_is_told_once(admin_api: APIClient) -> None:
    made = make(admin_api, kinds=["level.changed"])
    assert made["secret"].startswith("whsec_")
    shown = as_described(admin_api.get(f"{WEBHOOKS}/{made['id']}"))
    listed = as_described(admin_api.get(WEBHOOKS))["items"]
    assert shown == listed[0] == {key: value for key, value in made.items() if key != "secret"}
    assert made["secret"] not in Webhook.objects.get().sealed_secret


def test_a_webhook_is_paused_goes_on_and_is_removed(admin_api: APIClient) -> None:
    address = f"{WEBHOOKS}/{make(admin_api)['id']}"
    assert as_described(admin_api.patch(address, {"isActive": False}, format="json"))["isActive"] is False
    assert as_described(admin_api.patch(address, {"isActive": True}, format="json"))["isActive"] is True
    assert admin_api.delete(address).status_code == 204
    refused(admin_api.get(address), 404, "NotFoundError")


def test_only_platform_engineers_see_webhooks(admin_api: APIClient, alice_api: APIClient) -> None:
    made = make(admin_api)
    refused(alice_api.get(WEBHOOKS), 403, "NotAllowedError")
    refused(alice_api.post(WEBHOOKS, {"url": URL}, format="json"), 403, "NotAllowedError")
    for webhook in (made["id"], NOBODY, "x"):
        address = f"{WEBHOOKS}/{webhook}"
        refused(alice_api.get(address), 403, "NotAllowedError")
        refused(alice_api.patch(address, {"isActive": False}, format="json"), 403, "NotAllowedError")
        refused(alice_api.delete(address), 403, "NotAllowedError")
        refused(alice_api.get(f"{address}/deliveries"), 403, "NotAllowedError")
        refused(alice_api.post(f"{address}/deliveries/{NOBODY}/redeliver"), 403, "NotAllowedError")
    assert Webhook.objects.get().is_active


@pytest.mark.parametrize("webhook", [NOBODY, "x", "../1", "%00"])
def test_what_is_no_webhook_is_not_found(admin_api: APIClient, webhook: str) -> None:
    assert admin_api.get(f"{WEBHOOKS}/{webhook}").status_code == 404
    assert admin_api.get(f"{WEBHOOKS}/{webhook}/deliveries").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": ""}, "url"),
        ({"url": "ftp://hooks.example"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://user:secret@hooks.example/"}, "url"),
        ({"url": "https://" + "x" * 600}, "url"),
        ({"url": URL, "kinds": ["level.lost"]}, "kinds"),
        ({"url": URL, "kinds": "level.changed"}, "kinds"),
        ({"url": URL, "kinds": [["x"]]}, "kinds"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_webhook_is_refused(admin_api: APIClient, body: dict[str, Any], field: str) -> None:
    answer = admin_api.post(WEBHOOKS, body, format="json")
    refused(answer, 400, "InputError")
    assert answer.json()["error"]["fields"][0]["path"] == [field]
    assert not Webhook.objects.exists()


def test_an_address_in_a_private_network_is_refused(admin_api: APIClient, settings: Settings) -> None:
    settings.GOLDPATH_WEBHOOK_PRIVATE = False
    for url in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://10.0.0.1/"):
        refused(admin_api.post(WEBHOOKS, {"url": url}, format="json"), 400, "InputError")


def test_a_pause_needs_its_field(admin_api: APIClient) -> None:
    address = f"{WEBHOOKS}/{make(admin_api)['id']}"
    for body in ({}, {"isActive": "maybe"}, {"url": URL}):
        refused(admin_api.patch(address, body, format="json"), 400, "InputError")


def test_deliveries_are_listed_and_sent_again(admin_api: APIClient) -> None:
    hook = make(admin_api)["id"]
    event = events.record("level.changed", service=make_service("ledger"), body={"to": "gold"})
    (shown,) = as_described(admin_api.get(f"{WEBHOOKS}/{hook}/deliveries"))["items"]
    assert (shown["event"], shown["kind"], shown["status"]) == (event.pk, "level.changed", "pending")
    address = f"{WEBHOOKS}/{hook}/deliveries/{shown['id']}/redeliver"
    refused(admin_api.post(address), 409, "ConflictError")
    Delivery.objects.update(attempts=12, status=DeliveryStatus.FAILED, error="It answered 500.", response_status=500)
    again = admin_api.post(address)
    assert (again.status_code, as_described(again)["status"]) == (202, "pending")
    other = make(admin_api)["id"]
    refused(admin_api.post(f"{WEBHOOKS}/{other}/deliveries/{shown['id']}/redeliver"), 404, "NotFoundError")
    refused(admin_api.post(f"{WEBHOOKS}/{hook}/deliveries/x/redeliver"), 404, "NotFoundError")


def test_events_come_newest_first_and_are_filtered(alice_api: APIClient) -> None:
    ledger = make_service("ledger")
    events.record("level.changed", service=ledger, body={"from": "bronze", "to": "gold"})
    events.record("policy.published", actor_ref="user:default/admin", body={"policy": 2})
    Event.objects.filter(kind="level.changed").update(at=timezone.now() - dt.timedelta(days=2))

    def kinds(query: str = "") -> list[str]:
        return [each["kind"] for each in as_described(alice_api.get(f"{EVENTS}?{query}"))["items"]]

    assert kinds() == ["policy.published", "level.changed"]
    assert kinds("kind=level.changed") == kinds("service=ledger") == ["level.changed"]
    yesterday = (timezone.now() - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert kinds(f"since={yesterday}") == ["policy.published"]
    assert kinds(f"until={yesterday}") == ["level.changed"]
    shown = as_described(alice_api.get(EVENTS))["items"]
    assert (shown[0]["service"], shown[0]["actor"]) == (None, "user:default/admin")
    assert (shown[1]["service"], shown[1]["body"]) == ("component:default/ledger", {"from": "bronze", "to": "gold"})


@pytest.mark.parametrize("query", ["kind=nosuch", "since=yesterday", "until=%00", "actor=alice", "service=a:b:c"])
def test_a_bad_filter_of_events_is_refused(alice_api: APIClient, query: str) -> None:
    refused(alice_api.get(f"{EVENTS}?{query}"), 400, "InputError")


def test_events_are_only_read(admin_api: APIClient) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(admin_api, method)(EVENTS, {}, format="json").status_code == 405
