"""Verdicts: what holds of each service now, check by check."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from conformance.choices import LEVELS, STANDINGS, WAIVED
from conformance.examining.terms import Outcome
from conformance.models.policy import Policy
from conformance.models.service import Service
from conformance.models.snapshot import Snapshot
from conformance.models.waiver import Waiver


class Verdict(models.Model):
    """The current verdict of one check that the policy asks of the service; the past is in snapshots.

    `standing` is the check's verdict, or `waived` for a failure that an approved waiver covers. `level` is where the
    policy puts the check for this service. `evidence` as in `Snapshot.results`.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="verdicts")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    check_id = models.CharField(max_length=63)
    level = models.CharField(max_length=16, choices=LEVELS)
    standing = models.CharField(max_length=16, choices=STANDINGS)
    message = models.CharField(max_length=500, blank=True)
    evidence = models.JSONField(default=list)
    waiver = models.ForeignKey(Waiver, null=True, blank=True, on_delete=models.SET_NULL, related_name="verdicts")
    since = models.DateTimeField()

    class Meta:
        ordering = ("service", "check_id")
        constraints = (models.UniqueConstraint(fields=["service", "check_id"], name="verdict_once_per_service"),)
        indexes = (
            models.Index(
                fields=["check_id", "standing", "service"],
                name="verdict_open",
                condition=Q(standing__in=[Outcome.FAIL.value, Outcome.ERROR.value, WAIVED]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.check_id}: {self.standing}"
