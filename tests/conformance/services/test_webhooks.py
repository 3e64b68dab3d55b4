from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from conformance.choices import EventKind
from conformance.models import Delivery, Event, Service, Webhook
from conformance.services import deliveries, events, webhooks
from portal.foundation import outgoing
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from tests.conformance.services.receiver import Receiver, free_port, receiving

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def private_addresses(settings: Settings) -> None:
    """The receivers of these tests are on this machine."""
    settings.GOLDPATH_WEBHOOK_PRIVATE = True


@pytest.fixture
def receiver() -> Any:
    with receiving() as found:
        yield found


def tell(service: Service | None = None, kind: str = EventKind.LEVEL_CHANGED) -> Event:
    return events.record(kind, service=service, actor_ref="user:default/alice", body={"from": "gold", "to": "none"})


def dead(actor: Actor) -> Webhook:
    """A webhook whose receiver is not there."""
    return webhooks.create(actor, f"http://127.0.0.1:{free_port()}/", [])[0]


def later(delivery: Delivery) -> Any:
    """Go to the time of the next attempt."""
    delivery.refresh_from_db()
    return time_machine.travel(delivery.next_attempt_at + dt.timedelta(seconds=1), tick=False)


def test_an_event_goes_out_signed(platform_acts: Actor, receiver: Receiver, ledger: Service) -> None:
    hook, secret = webhooks.create(platform_acts, receiver.url, [])
    event = tell(ledger)
    assert deliveries.deliver_due() == 1
    ((_, headers, body),) = receiver.posts
    assert json.loads(body) == {
        "id": event.pk,
        "kind": "level.changed",
        "at": event.at.isoformat(),
        "service": "component:default/ledger",
        "body": {"from": "gold", "to": "none"},
    }
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Goldpath-Signature-256"] == expected
    delivery = Delivery.objects.get(webhook=hook)
    assert headers["X-Goldpath-Delivery"] == str(delivery.pk)
    assert headers["X-Goldpath-Event"] == "level.changed"
    assert (delivery.status, delivery.attempts, delivery.response_status, delivery.error) == ("delivered", 1, 204, "")
    assert deliveries.deliver_due() == 0


def test_a_signature_with_the_secret_of_another_webhook_does_not_verify(
    platform_acts: Actor, receiver: Receiver
) -> None:
    _, first = webhooks.create(platform_acts, receiver.url, [])
    _, second = webhooks.create(platform_acts, receiver.url, [])
    assert first != second
    tell()
    deliveries.deliver_due()
    signatures = {headers["X-Goldpath-Signature-256"] for _, headers, _ in receiver.posts}
    body = receiver.posts[0][2]
    assert signatures == {deliveries.signature(first, body), deliveries.signature(second, body)}
    assert deliveries.signature(first, body + b" ") not in signatures


def test_the_secret_is_shown_once_and_stored_sealed(platform_acts: Actor, receiver: Receiver) -> None:
    hook, secret = webhooks.create(platform_acts, receiver.url, [])
    row = Webhook.objects.filter(pk=hook.pk).values().get()
    assert secret.startswith("whsec_")
    assert secret not in str(row)
    assert len(secret) > 40


def test_a_webhook_hears_of_what_it_wants(platform_acts: Actor, receiver: Receiver) -> None:
    webhooks.create(platform_acts, receiver.url, ["policy.published"])
    tell()
    tell(kind=EventKind.POLICY_PUBLISHED)
    deliveries.deliver_due()
    assert [headers["X-Goldpath-Event"] for _, headers, _ in receiver.posts] == ["policy.published"]


def test_a_failed_delivery_is_tried_again_with_the_same_id(platform_acts: Actor, receiver: Receiver) -> None:
    receiver.statuses = [500, 503]
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    assert deliveries.deliver_due() == 0
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.response_status, delivery.error) == ("pending", 500, "It answered 500.")
    assert deliveries.deliver_due() == 0
    assert len(receiver.posts) == 1
    for _ in range(2):
        with later(delivery):
            deliveries.deliver_due()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.error) == ("delivered", 3, "")
    assert set(receiver.deliveries()) == {str(delivery.pk)}
    assert len({body for _, _, body in receiver.posts}) == 1


def test_after_about_a_day_it_is_given_up_and_stays_visible(platform_acts: Actor) -> None:
    dead(platform_acts)
    began = timezone.now()
    tell()
    delivery = Delivery.objects.get()
    while delivery.status == "pending":
        assert delivery.attempts < deliveries.MOST_ATTEMPTS
        with later(delivery):
            last = timezone.now()
            deliveries.deliver_due()
        delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("failed", deliveries.MOST_ATTEMPTS)
    assert delivery.error == "The connection failed: connection refused."
    assert DAY * 0.7 < last - began < DAY * 1.5


def test_the_waits_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    longest = [deliveries.wait_after(number).total_seconds() for number in range(1, 5)]
    monkeypatch.setattr("random.uniform", lambda low, high: low)
    shortest = [deliveries.wait_after(number).total_seconds() for number in range(1, 5)]
    assert longest == [54, 108, 216, 432]
    assert shortest == [36, 72, 144, 288]
    assert min(shortest) > outgoing.SECONDS * 2


def test_a_redirect_is_a_failure_and_goes_nowhere(platform_acts: Actor, receiver: Receiver) -> None:
    with receiving() as inner:
        receiver.status, receiver.headers = 302, {"Location": inner.url}
        webhooks.create(platform_acts, receiver.url, [])
        tell()
        deliveries.deliver_due()
        assert inner.posts == []
    delivery = Delivery.objects.get()
    assert (delivery.response_status, delivery.status) == (302, "pending")
    assert "Redirects are not followed" in delivery.error


def test_an_address_that_turned_private_is_not_reached(
    platform_acts: Actor, receiver: Receiver, settings: Settings
) -> None:
    webhooks.create(platform_acts, receiver.url.replace("127.0.0.1", "localhost"), [])
    settings.GOLDPATH_WEBHOOK_PRIVATE = False
    tell()
    deliveries.deliver_due()
    assert receiver.posts == []
    assert "private network" in Delivery.objects.get().error


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://localhost/", "https://[::1]/"])
def test_server_side_request_forgery_is_refused_when_it_is_typed(
    platform_acts: Actor, settings: Settings, url: str
) -> None:
    settings.GOLDPATH_WEBHOOK_PRIVATE = False
    with pytest.raises(InputError, match="private network") as refused:
        webhooks.create(platform_acts, url, [])
    assert refused.value.fields[0].path == ("url",)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("url", "kinds"),
    [
        ("ftp://example.com/", []),
        ("https://user:token@example.com/", []),
        ("https://example.com/" + "x" * 500, []),
        ("", []),
        ("https://example.com/", ["no.such.kind"]),
        ("https://example.com/", ["level.changed\x00"]),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(platform_acts: Actor, url: str, kinds: list[str]) -> None:
    with pytest.raises(InputError):
        webhooks.create(platform_acts, url, kinds)
    assert not Webhook.objects.exists()


def test_there_are_not_more_than_fifty(platform_acts: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST_WEBHOOKS", 1)
    dead(platform_acts)
    with pytest.raises(ConflictError):
        dead(platform_acts)


@pytest.mark.parametrize("who", ["alice_acts", "charlie_acts"])
def test_only_platform_engineers_touch_webhooks(
    who: str, platform_acts: Actor, receiver: Receiver, request: pytest.FixtureRequest
) -> None:
    actor: Actor = request.getfixturevalue(who)
    hook, _ = webhooks.create(platform_acts, receiver.url, [])
    tell()
    deliveries.deliver_due()
    delivery = Delivery.objects.get()
    for call in (
        lambda: webhooks.create(actor, receiver.url, []),
        lambda: webhooks.find(actor, hook.pk),
        lambda: webhooks.set_active(actor, hook, is_active=False),
        lambda: webhooks.remove(actor, hook),
        lambda: webhooks.redeliver(actor, delivery),
    ):
        with pytest.raises(NotAllowedError):
            call()
    assert Webhook.objects.get().is_active
    assert len(receiver.posts) == 1


def test_redelivering_sends_the_same_again(platform_acts: Actor, receiver: Receiver) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    deliveries.deliver_due()
    again = webhooks.redeliver(platform_acts, Delivery.objects.get())
    assert (again.status, again.attempts, again.delivered_at) == ("pending", 0, None)
    deliveries.deliver_due()
    first, second = receiver.posts
    assert first[2] == second[2]
    assert first[1]["X-Goldpath-Delivery"] == second[1]["X-Goldpath-Delivery"]


def test_what_waits_for_its_next_attempt_can_be_sent_now(platform_acts: Actor, receiver: Receiver) -> None:
    receiver.statuses = [500]
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    deliveries.deliver_due()
    webhooks.redeliver(platform_acts, Delivery.objects.get())
    assert deliveries.deliver_due() == 1


def test_what_is_due_already_needs_no_redelivery(platform_acts: Actor, receiver: Receiver) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    with pytest.raises(ConflictError, match="due already"):
        webhooks.redeliver(platform_acts, Delivery.objects.get())


def test_a_paused_webhook_hears_nothing_until_it_goes_on(platform_acts: Actor, receiver: Receiver) -> None:
    hook, _ = webhooks.create(platform_acts, receiver.url, [])
    tell()
    webhooks.set_active(platform_acts, hook, is_active=False)
    tell()
    assert deliveries.deliver_due() == 0
    with pytest.raises(ConflictError, match="paused"):
        webhooks.redeliver(platform_acts, Delivery.objects.get())
    webhooks.set_active(platform_acts, hook, is_active=True)
    assert deliveries.deliver_due() == 1
    assert len(receiver.posts) == 1


def test_a_removed_webhook_is_gone_with_its_deliveries(platform_acts: Actor, receiver: Receiver) -> None:
    hook, _ = webhooks.create(platform_acts, receiver.url, [])
    event = tell()
    delivery = Delivery.objects.get()
    webhooks.remove(platform_acts, hook)
    assert deliveries.deliver_due() == 0
    assert not Delivery.objects.exists()
    assert Event.objects.filter(pk=event.pk).exists()
    with pytest.raises(NotFoundError):
        webhooks.find(platform_acts, hook.pk)
    with pytest.raises(NotFoundError):
        webhooks.redeliver(platform_acts, delivery)


def test_a_dead_receiver_does_not_hold_up_the_others(
    platform_acts: Actor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = dead(platform_acts)
    webhooks.create(platform_acts, receiver.url, [])
    sent: list[str] = []
    real = outgoing.post
    monkeypatch.setattr(outgoing, "post", lambda url, *rest, **given: sent.append(url) or real(url, *rest, **given))  # type: ignore[func-returns-value]
    for _ in range(5):
        tell()
    assert deliveries.deliver_due() == 5
    assert sent.count(hook.url) == 1
    tell()
    assert deliveries.deliver_due() == 1
    assert sent.count(hook.url) == 1


def test_a_receiver_that_comes_back_gets_everything_at_once(platform_acts: Actor, receiver: Receiver) -> None:
    hook = dead(platform_acts)
    for _ in range(3):
        tell()
    deliveries.deliver_due()
    Webhook.objects.filter(pk=hook.pk).update(url=receiver.url)
    assert deliveries.deliver_due() == 0
    with later(Delivery.objects.get(attempts=1)):
        assert deliveries.deliver_due() == 3
    assert len(set(receiver.deliveries())) == 3


def test_another_secret_key_is_said(platform_acts: Actor, receiver: Receiver, settings: Settings) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    settings.SECRET_KEY = "another key"
    tell()
    deliveries.deliver_due()
    assert receiver.posts == []
    assert "secret key has changed" in Delivery.objects.get().error


def test_an_event_that_is_rolled_back_is_told_to_nobody(platform_acts: Actor, receiver: Receiver) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_what_ended_long_ago_is_forgotten(platform_acts: Actor, receiver: Receiver) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    deliveries.deliver_due()
    assert deliveries.forget_old() == 0
    with time_machine.travel(timezone.now() + 32 * DAY, tick=False):
        assert deliveries.forget_old() == 1
    assert Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_commit_rings_and_a_dead_broker_fails_nobody(
    platform_acts: Actor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []

    def send(task: str, *_: Any, **__: Any) -> None:
        rung.append(task)
        raise OSError("no broker")

    webhooks.create(platform_acts, receiver.url, [])
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda self, task, *rest, **given: send(task))
    tell()
    assert rung == ["conformance.tasks.deliver_webhooks"]
    assert deliveries.deliver_due() == 1
