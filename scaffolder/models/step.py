"""Steps of a run."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

from scaffolder.choices import StepStatus
from scaffolder.models.run import Run


class Step(models.Model):
    """One step: an action with its bound input, and what came of it.

    `key` is the step's id in the manifest; `input` is stored unbound (with its expressions),
    `output` as the action gave it.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=63)
    name = models.CharField(max_length=200)
    action = models.CharField(max_length=100)
    input = models.JSONField(default=dict)
    output = models.JSONField(default=dict)
    status = models.CharField(max_length=16, choices=StepStatus.choices, default=StepStatus.PENDING)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["run", "key"], name="step_key_once_per_run"),
            models.UniqueConstraint(fields=["run", "position"], name="step_position_once_per_run"),
            models.CheckConstraint(condition=models.Q(status__in=StepStatus.values), name="step_status_known"),
        )

    def __str__(self) -> str:
        return f"{self.key} of {self.run_id}"

    @property
    def duration(self) -> dt.timedelta | None:
        """How long the step took, or takes so far; None before it started."""
        if self.started_at is None:
            return None
        return (self.ended_at or timezone.now()) - self.started_at
