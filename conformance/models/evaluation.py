"""Evaluations: what a snapshot was worth under a version of the policy. Their sequence is a service's history."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from conformance.choices import LEVELS
from conformance.models.policy import Policy
from conformance.models.service import Service
from conformance.models.snapshot import Snapshot


class Evaluation(models.Model):
    """Level and score of one snapshot under one policy, from `at` on.

    `at` is the commit's time for the first evaluation of a snapshot (so that history is the service's, not the
    scanner's), else when the policy or a waiver changed it. `previous_level` is the level before; a different one is a
    change that people are told of.
    `snapshot` is gone once it is old: `commit` stays.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="evaluations")
    snapshot = models.ForeignKey(Snapshot, null=True, blank=True, on_delete=models.SET_NULL, related_name="evaluations")
    commit = models.CharField(max_length=64, blank=True)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="evaluations")
    level = models.CharField(max_length=16, choices=LEVELS)
    previous_level = models.CharField(max_length=16, choices=LEVELS, blank=True)
    is_level_change = models.BooleanField(default=False)
    score = models.PositiveSmallIntegerField()
    counts = models.JSONField(default=dict)
    departed = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=["service", "-at"], name="evaluation_of_service"),
            models.Index(
                fields=["at", "level", "previous_level", "service"],
                name="evaluation_level_changes",
                condition=Q(is_level_change=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.service_id} {self.level} {self.score}"
