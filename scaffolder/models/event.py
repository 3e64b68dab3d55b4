"""The append-only log of a run."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from scaffolder.choices import EventType
from scaffolder.models.run import Run


class RunEvent(models.Model):
    """One event of a run; the primary key only ascends, so `id > after` resumes any reader.

    `body` is Backstage's event body: message, stepId, status, output, error. It is redacted before it is stored.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    type = models.CharField(max_length=16, choices=EventType.choices, default=EventType.LOG)
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=["run", "id"], name="event_of_run"),)

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
