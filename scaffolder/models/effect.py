"""The ledger of external effects."""

from __future__ import annotations

from django.db import models

from scaffolder.choices import EffectState
from scaffolder.models.run import Run


class Effect(models.Model):
    """One effect outside the database: written as an intent before the act, and with its outcome after it.

    `key` names the effect inside its run, such as `repository:default/ledger`. A worker that takes a run over reads
    these rows before it acts; compensation undoes only effects whose outcome proves that this run made the thing.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="effects")
    step_key = models.CharField(max_length=63)
    kind = models.CharField(max_length=63)
    key = models.CharField(max_length=255)
    intent = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=EffectState.choices, default=EffectState.INTENDED)
    intended_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["run", "key"], name="effect_once_per_run"),
            models.CheckConstraint(condition=models.Q(state__in=EffectState.values), name="effect_state_known"),
        )

    def __str__(self) -> str:
        return f"{self.key} ({self.state})"
