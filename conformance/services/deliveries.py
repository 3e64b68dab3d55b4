"""Deliveries of events to webhooks: tried until they arrive, or for about a day.

A delivery is claimed by a conditional UPDATE that counts the attempt and sets the time of the next one; so two workers
never send it at the same time, and a worker that is killed after the claim leaves it to the next attempt. Killed after
the send and before the result is written, the same delivery goes out twice: receivers tell by `X-Goldpath-Delivery`,
which stays the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import random
import time
import uuid
from collections.abc import Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from conformance.choices import DeliveryStatus
from conformance.models import Delivery, Event, Webhook
from conformance.services.doorbell import ring_for
from portal.foundation import outgoing
from portal.foundation.errors import InputError
from portal.foundation.sealing import UnsealError, unseal

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 12
FIRST_WAIT = 45.0
"""Seconds before the second attempt; each wait is twice the one before: 12 attempts take about 25 hours."""
JITTER = 0.2
REST = 300.0
"""Seconds for which a webhook that cannot be reached is left alone: what is new for it waits so long at most."""
BUDGET = 60.0
"""Seconds after which one call leaves the rest to the next."""
BATCH = 50
KEPT_DAYS = 30


def enqueue(event: Event) -> int:
    """Add a delivery of the event for every webhook that wants it; return how many. Joins the caller's transaction."""
    wanting = [hook for hook in Webhook.objects.filter(is_active=True) if not hook.kinds or event.kind in hook.kinds]
    if not wanting:
        return 0
    rest = _resting([hook.pk for hook in wanting])
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(webhook=hook, event=event, next_attempt_at=rest.get(hook.pk, now)) for hook in wanting
    )
    if any(hook.pk not in rest for hook in wanting):
        ring_for("deliver_webhooks")
    return len(wanting)


def deliver_due() -> int:
    """Send what is due, the oldest first; return how many were sent and accepted.

    A webhook that cannot be reached is left alone for a while, so that one dead receiver does not hold up
    the others.
    """
    _give_up_lost()
    until = time.monotonic() + BUDGET
    accepted, dead = 0, set[uuid.UUID]()
    while time.monotonic() < until:
        due = _due(dead)
        if not due:
            break
        for delivery in due:
            if delivery.webhook_id in dead or not _claim(delivery):
                continue
            accepted += _attempt(delivery)
            if delivery.status != DeliveryStatus.DELIVERED and delivery.response_status is None:
                dead.add(delivery.webhook_id)
            if time.monotonic() >= until:
                break
    return accepted


def payload(event: Event) -> bytes:
    """Return what is posted: `{id, kind, at, service, body}`, the same bytes at each attempt."""
    document = {
        "id": event.pk,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "service": event.service.entity_ref if event.service else None,
        "body": event.body,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def signature(secret: str, body: bytes) -> str:
    """Return `sha256=` and the HMAC-SHA256 of the raw body, as GitHub's `X-Hub-Signature-256` has it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def wait_after(attempts: int) -> dt.timedelta:
    """Return how long to wait after this many attempts: exponential, a fifth more or less by chance."""
    seconds = FIRST_WAIT * 2 ** (attempts - 1) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    return dt.timedelta(seconds=seconds)


def forget_old() -> int:
    """Delete deliveries that ended more than thirty days ago; return how many. Their events stay."""
    old = timezone.now() - dt.timedelta(days=KEPT_DAYS)
    ended = Delivery.objects.exclude(status=DeliveryStatus.PENDING)
    return ended.filter(next_attempt_at__lt=old).delete()[0]


def _resting(webhook_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
    """Return when the webhooks that could not be reached are tried again: what is new for them waits with the rest."""
    now = timezone.now()
    waiting = Delivery.objects.filter(
        webhook__in=webhook_ids,
        status=DeliveryStatus.PENDING,
        attempts__gt=0,
        response_status=None,
        next_attempt_at__gt=now,
    ).exclude(error="")
    soonest = waiting.order_by().values_list("webhook").annotate(Min("next_attempt_at"))
    return {webhook_id: min(at, now + dt.timedelta(seconds=REST)) for webhook_id, at in soonest}


def _due(but: set[uuid.UUID]) -> list[Delivery]:
    rows = Delivery.objects.filter(
        status=DeliveryStatus.PENDING,
        next_attempt_at__lte=timezone.now(),
        attempts__lt=MOST_ATTEMPTS,
        webhook__is_active=True,
    )
    found = rows.exclude(webhook__in=but).select_related("webhook", "event__service")
    return list(found.order_by("next_attempt_at", "pk")[:BATCH])


def _claim(delivery: Delivery) -> bool:
    """Take one attempt, unless somebody else did: the row must still be as it was read."""
    attempts = delivery.attempts + 1
    rows = Delivery.objects.filter(
        pk=delivery.pk,
        status=DeliveryStatus.PENDING,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at,
    )
    next_attempt_at = timezone.now() + wait_after(attempts)
    if not rows.update(attempts=attempts, next_attempt_at=next_attempt_at):
        return False
    delivery.attempts, delivery.next_attempt_at = attempts, next_attempt_at
    return True


def _attempt(delivery: Delivery) -> bool:
    """Send once and write down what came of it; tell whether the receiver accepted it."""
    status, error = _send(delivery)
    delivery.response_status, delivery.error = status, error
    if not error:
        delivery.status = DeliveryStatus.DELIVERED
        delivery.delivered_at = timezone.now()
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.status = DeliveryStatus.FAILED
    _record(delivery)
    log.info(
        "webhook delivery",
        delivery=str(delivery.pk),
        webhook=str(delivery.webhook_id),
        attempt=delivery.attempts,
        status=status,
        error=error,
    )
    return not error


def _record(delivery: Delivery) -> None:
    claimed = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING, attempts=delivery.attempts)
    claimed.update(
        status=delivery.status,
        response_status=delivery.response_status,
        error=delivery.error,
        delivered_at=delivery.delivered_at,
    )
    others = Delivery.objects.filter(webhook=delivery.webhook_id, status=DeliveryStatus.PENDING).exclude(pk=delivery.pk)
    now = timezone.now()
    if delivery.status == DeliveryStatus.DELIVERED:
        others.filter(attempts=0, next_attempt_at__gt=now).update(next_attempt_at=now)
    elif delivery.response_status is None:
        until = now + dt.timedelta(seconds=REST)
        others.filter(next_attempt_at__lt=until).update(next_attempt_at=until)


def _send(delivery: Delivery) -> tuple[int | None, str]:
    """Return the status of the answer, and what is wrong with it in words, "" when nothing is."""
    body = payload(delivery.event)
    try:
        headers = _headers(delivery, body)
        allow = settings.GOLDPATH_WEBHOOK_PRIVATE
        status = outgoing.post(delivery.webhook.url, body, headers, allow_private=allow)
    except UnsealError:
        return None, "The signing secret cannot be read: the portal's secret key has changed. Add the webhook anew."
    except InputError as refused:
        return None, refused.message
    except outgoing.PostError as error:
        return None, str(error)
    if 200 <= status < 300:
        return status, ""
    if 300 <= status < 400:
        return status, f"It answered {status}. Redirects are not followed: give the address that answers itself."
    return status, f"It answered {status}."


def _headers(delivery: Delivery, body: bytes) -> dict[str, Any]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Goldpath",
        "X-Goldpath-Event": delivery.event.kind,
        "X-Goldpath-Delivery": str(delivery.pk),
        "X-Goldpath-Signature-256": signature(unseal(delivery.webhook.sealed_secret), body),
    }


def _give_up_lost() -> None:
    """End what was killed in its last attempt."""
    lost = Delivery.objects.filter(
        status=DeliveryStatus.PENDING, attempts__gte=MOST_ATTEMPTS, next_attempt_at__lte=timezone.now()
    )
    lost.update(status=DeliveryStatus.FAILED, error="The worker was stopped during the last attempt.")
