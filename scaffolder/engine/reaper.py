"""Finds runs that nobody works on and pushes that nobody took over, and rings for them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable

from django.db.models import Q
from django.utils import timezone

from scaffolder.choices import RunStatus
from scaffolder.engine.doorbell import ring_for_push, ring_now
from scaffolder.models import Repository, Run

QUEUED_SECONDS = 5
PUSHED_SECONDS = 5
BATCH = 50


def reap() -> int:
    """Ring for runs that were queued a while ago, and for active ones whose lease ran out; return for how many.

    The oldest go first, and not more than a batch of each: when all workers are busy, more messages would not help.
    """
    idle = Run.objects.claimable().order_by("created_at").values_list("pk", flat=True)
    abandoned = idle.exclude(status=RunStatus.QUEUED)[:BATCH]
    waiting = idle.filter(status=RunStatus.QUEUED, created_at__lt=_ago(QUEUED_SECONDS))[:BATCH]
    return _ring_for([*abandoned, *waiting], ring_now)


def reap_pushes() -> int:
    """Ring for repositories whose head was pushed a while ago and not taken over; return for how many.

    The message of a push may be lost. The oldest go first, a batch at a time, and a head is settled when it was looked
    at, whatever was found: so the next batch has its turn.
    """
    late = Q(pushed_at=None) | Q(pushed_at__lt=_ago(PUSHED_SECONDS))
    behind = Repository.objects.behind().filter(late).order_by("pushed_at", "pk")
    return _ring_for(behind.values_list("pk", flat=True)[:BATCH], ring_for_push)


def _ring_for(ids: Iterable[uuid.UUID], ring: Callable[[uuid.UUID], bool]) -> int:
    count = 0
    for key in ids:
        if not ring(key):
            break
        count += 1
    return count


def _ago(seconds: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(seconds=seconds)
