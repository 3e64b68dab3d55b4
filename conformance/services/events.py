"""What happened: one row each, and a delivery for every webhook that wants to hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from conformance.models import Event, Service
from conformance.services import deliveries


def record(kind: str, *, service: Service | None = None, actor_ref: str = "", body: Mapping[str, Any]) -> Event:
    """Add an event of an `EventKind` and return it.

    Joins the caller's transaction: the event, its deliveries and what it tells of are stored together or not at all.
    `actor_ref` is who did it, empty for the portal itself; `body` is JSON, and goes out as it is.
    """
    with transaction.atomic():
        event = Event.objects.create(kind=kind, service=service, actor_ref=actor_ref, body=dict(body))
        deliveries.enqueue(event)
    return event
