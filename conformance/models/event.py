"""What happened: the audit trail of conformance, and what webhooks are told."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from conformance.choices import EventKind
from conformance.models.service import Service


class Event(models.Model):
    """One thing that happened; rows are only ever added.

    `actor_ref` is who did it, empty for the portal itself. `body` is what the API and webhooks show.
    """

    kind = models.CharField(max_length=32, choices=EventKind.choices)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    actor_ref = models.CharField(max_length=255, blank=True)
    body = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=["-at"], name="event_newest"),
            models.Index(fields=["service", "-at"], name="event_of_service"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
