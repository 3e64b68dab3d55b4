"""Workers that are killed, and workers that meet."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from conformance.choices import EventKind
from conformance.models import Delivery, Event
from conformance.services import deliveries, events, webhooks
from portal.foundation import outgoing
from portal.foundation.actors import Actor
from tests.conformance.services.meeting import at_once
from tests.conformance.services.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_addresses(settings: Settings) -> None:
    """The receivers of these tests are on this machine."""
    settings.GOLDPATH_WEBHOOK_PRIVATE = True


@pytest.fixture
def receiver() -> Any:
    with receiving() as found:
        yield found


def tell() -> Event:
    return events.record(EventKind.LEVEL_CHANGED, body={"from": "gold", "to": "none"})


def later(delivery: Delivery) -> Any:
    """Go to the time of the next attempt."""
    delivery.refresh_from_db()
    return time_machine.travel(delivery.next_attempt_at + dt.timedelta(seconds=1), tick=False)


def test_a_worker_killed_after_the_claim_leaves_it_to_the_next_attempt(
    platform_acts: Actor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    with monkeypatch.context() as patch:
        patch.setattr(outgoing, "post", _killed)
        with pytest.raises(KeyboardInterrupt):
            deliveries.deliver_due()
    assert deliveries.deliver_due() == 0
    with later(Delivery.objects.get()):
        assert deliveries.deliver_due() == 1


def test_a_worker_killed_after_the_send_sends_twice_under_one_id(
    platform_acts: Actor, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "_record", _killed)
        with pytest.raises(KeyboardInterrupt):
            deliveries.deliver_due()
    with later(Delivery.objects.get()):
        assert deliveries.deliver_due() == 1
    assert len(receiver.posts) == 2
    assert len(set(receiver.deliveries())) == 1


def test_a_worker_killed_in_the_last_attempt_leaves_nothing_hanging(platform_acts: Actor, receiver: Receiver) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    tell()
    Delivery.objects.update(attempts=deliveries.MOST_ATTEMPTS)
    deliveries.deliver_due()
    delivery = Delivery.objects.get()
    assert (delivery.status, receiver.posts) == ("failed", [])
    assert "stopped" in delivery.error


def _killed(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_send_one_delivery_twice(platform_acts: Actor, receiver: Receiver) -> None:
    webhooks.create(platform_acts, receiver.url, [])
    for _ in range(8):
        tell()
    assert at_once(*[deliveries.deliver_due] * 3) == [None] * 3
    assert len(receiver.posts) == 8
    assert len(set(receiver.deliveries())) == 8
    assert set(Delivery.objects.values_list("status", "attempts")) == {("delivered", 1)}
