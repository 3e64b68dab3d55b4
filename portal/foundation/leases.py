"""Leases: who works on a row, and until when that is believed without another sign of life."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class LeaseLostError(Exception):
    """Another worker holds the row now; whoever sees this stops without writing anything more."""


class Leased(models.Model):
    """A row that at most one worker works on.

    `fence` grows with every claim, so a worker that slept through its lease is told apart from its successor.
    """

    lease_holder = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def free(cls) -> Q:
        """Return the condition under which nobody holds the row."""
        return Q(lease_holder=None) | Q(lease_expires_at__lt=timezone.now())

    @classmethod
    def grant(cls, holder: uuid.UUID, seconds: float) -> dict[str, object]:
        """Return the columns that give the lease to `holder` for `seconds`."""
        expires = timezone.now() + dt.timedelta(seconds=seconds)
        return {"lease_holder": holder, "lease_expires_at": expires, "fence": F("fence") + 1}
