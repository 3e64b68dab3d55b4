"""Waivers: a failure that somebody accepts for a while, with a reason."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from conformance.choices import ACTIVE_WAIVER, WaiverStatus
from conformance.models.service import Service


class Waiver(models.Model):
    """One exception for one check of one service, or for one path of it.

    The approver is never the requester. `expires_at` is mandatory. `evidence_digest` is of the failure that was waived:
    a different failure is not covered, the waiver lapses. What happened to it is in `Event`.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="waivers")
    check_id = models.CharField(max_length=63)
    path = models.CharField(max_length=1024, blank=True)
    reason = models.CharField(max_length=1000)
    status = models.CharField(max_length=16, choices=WaiverStatus.choices, default=WaiverStatus.REQUESTED)
    requester_ref = models.CharField(max_length=255)
    approver_ref = models.CharField(max_length=255, blank=True)
    decision = models.CharField(max_length=1000, blank=True)
    evidence_digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(status__in=WaiverStatus.values), name="waiver_status_known"),
            models.CheckConstraint(condition=~Q(approver_ref=F("requester_ref")), name="waiver_two_people"),
            models.UniqueConstraint(
                fields=["service", "check_id", "path"],
                condition=Q(status__in=sorted(ACTIVE_WAIVER)),
                name="waiver_one_active",
            ),
        )
        indexes = (models.Index(fields=["status", "expires_at"], name="waiver_by_expiry"),)

    def __str__(self) -> str:
        return f"waiver of {self.check_id} ({self.status})"
