"""Finds runs that nobody works on, and rings for them."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from scaffolder.choices import RunStatus
from scaffolder.engine.doorbell import ring_now
from scaffolder.models import Run

QUEUED_SECONDS = 5
BATCH = 50


def reap() -> int:
    """Ring for runs that were queued a while ago, and for active ones whose lease ran out; return for how many.

    The oldest go first, and not more than a batch of each: when all workers are busy, more messages would not help.
    """
    late = timezone.now() - dt.timedelta(seconds=QUEUED_SECONDS)
    idle = Run.objects.claimable().order_by("created_at").values_list("pk", flat=True)
    abandoned = idle.exclude(status=RunStatus.QUEUED)[:BATCH]
    waiting = idle.filter(status=RunStatus.QUEUED, created_at__lt=late)[:BATCH]
    count = 0
    for run_id in [*abandoned, *waiting]:
        if not ring_now(run_id):
            break
        count += 1
    return count
