"""Webhooks out: who is told of events. Only platform engineers see and change them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from conformance.choices import DeliveryStatus, EventKind
from conformance.models import Delivery, Webhook
from conformance.services.deliveries import deliver_due
from conformance.services.doorbell import ring_for
from portal.foundation import outgoing
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, FieldError, InputError, NotAllowedError, NotFoundError
from portal.foundation.sealing import seal

__all__ = ["create", "deliver_due", "find", "redeliver", "remove", "require_platform", "set_active"]

MOST_WEBHOOKS = 50


def create(actor: Actor, url: str, kinds: Iterable[str] = ()) -> tuple[Webhook, str]:
    """Store a webhook and return it with its signing secret, which can be read at this moment only.

    `kinds` are those of `EventKind` that it wants, none for all. Raises NotAllowedError for anybody but platform
    engineers, InputError for an address that cannot be used or that leads into a private network where that is not
    allowed, and ConflictError when there are fifty already.
    """
    require_platform(actor)
    wanted = _checked_kinds(kinds)
    address = _checked_address(url)
    if Webhook.objects.count() >= MOST_WEBHOOKS:
        raise ConflictError(f"There are {MOST_WEBHOOKS} webhooks, which is the most. Remove one that nobody needs.")
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    sealed = seal(secret)
    hook = Webhook.objects.create(url=address, sealed_secret=sealed, kinds=wanted, created_by_ref=actor.user_ref)
    return hook, secret


def find(actor: Actor, webhook_id: uuid.UUID) -> Webhook:
    """Return a webhook; NotFoundError when there is none, NotAllowedError for those who may not see it."""
    require_platform(actor)
    found = Webhook.objects.filter(pk=webhook_id).first()
    if found is None:
        raise NotFoundError("There is no such webhook.")
    return found


def set_active(actor: Actor, webhook: Webhook, *, is_active: bool) -> None:
    """Pause a webhook or let it go on. While it is paused it hears of nothing new, and what is due waits."""
    require_platform(actor)
    Webhook.objects.filter(pk=webhook.pk).update(is_active=is_active)
    webhook.is_active = is_active
    if is_active:
        ring_for("deliver_webhooks")


def remove(actor: Actor, webhook: Webhook) -> None:
    """Delete a webhook with its deliveries."""
    require_platform(actor)
    Webhook.objects.filter(pk=webhook.pk).delete()


def redeliver(actor: Actor, delivery: Delivery) -> Delivery:
    """Send a delivery again, or now what waits for its next attempt: the same id, and as many attempts as at first.

    Raises ConflictError for one that has not been tried yet, or while its webhook is paused.
    """
    require_platform(actor)
    fresh = Delivery.objects.select_related("webhook").filter(pk=delivery.pk).first()
    if fresh is None:
        raise NotFoundError("There is no such delivery.")
    if not fresh.webhook.is_active:
        raise ConflictError("The webhook is paused. Let it go on first.")
    again = {"status": DeliveryStatus.PENDING, "attempts": 0, "next_attempt_at": timezone.now()}
    with transaction.atomic():
        tried = Delivery.objects.filter(pk=fresh.pk, attempts=fresh.attempts, attempts__gt=0)
        if not tried.update(**again, response_status=None, error="", delivered_at=None):
            raise ConflictError("It is due already: a worker sends it in a moment.")
        ring_for("deliver_webhooks")
    fresh.refresh_from_db()
    return fresh


def require_platform(actor: Actor) -> None:
    """Raise NotAllowedError for anybody but platform engineers: an address may itself be a secret."""
    if not actor.is_platform:
        raise NotAllowedError("Only platform engineers see and change webhooks.")


def _checked_kinds(kinds: Iterable[str]) -> list[str]:
    wanted = sorted(set(kinds))
    for kind in wanted:
        if kind not in EventKind.values:
            problem = f"There is no kind of event called {str(kind)[:60]}. Known are: {', '.join(EventKind.values)}."
            raise InputError(problem, [FieldError(("kinds",), problem, "enum")])
    return wanted


def _checked_address(url: str) -> str:
    address = url.strip()
    try:
        outgoing.checked_url(address)
        if not settings.GOLDPATH_WEBHOOK_PRIVATE:
            outgoing.refuse_private(address)
    except InputError as refused:
        raise InputError(refused.message, [FieldError(("url",), refused.message, "format")]) from None
    return address
