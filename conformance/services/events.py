"""What happened: one row each, and a delivery for every webhook that wants to hear of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from conformance.models import Event, Service
from conformance.services import deliveries


def record(
    kind: str,
    *,
    body: Mapping[str, Any],
    service: Service | None = None,
    actor_ref: str = "",
    at: dt.datetime | None = None,
) -> Event:
    """Add an event of an `EventKind` and return it.

    Joins the caller's transaction: the event, its deliveries and what it tells of are stored together or not at all.
    `actor_ref` is who did it, empty for the portal itself; `body` is JSON, and goes out as it is. `at` is
    when it happened, now if not given.
    """
    with transaction.atomic():
        event = Event.objects.create(
            kind=kind, service=service, actor_ref=actor_ref, body=dict(body), at=at or timezone.now()
        )
        deliveries.enqueue(event)
    return event
