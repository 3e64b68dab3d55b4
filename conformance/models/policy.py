"""Policies: which checks count at which level for which services. They are data."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from conformance.choices import PolicyStatus


class Policy(models.Model):
    """One version of the policy. A published version never changes; a new one replaces it.

    `document` is `{"rules": [{"check", "level", "when": {"types", "lifecycles", "tags", "templates"}}], "waivers":
    {"maxDays": {"bronze", "silver", "gold"}, "approvers": "platform" | "owners-and-platform"}}`: the first rule of a
    check whose `when` fits a service decides; a check without one does not count. `digest` is that of the document.
    """

    number = models.PositiveIntegerField(unique=True)
    status = models.CharField(max_length=16, choices=PolicyStatus.choices, default=PolicyStatus.DRAFT)
    note = models.CharField(max_length=300, blank=True)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    author_ref = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by_ref = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ("-number",)
        verbose_name_plural = "policies"
        constraints = (
            models.CheckConstraint(condition=Q(status__in=PolicyStatus.values), name="policy_status_known"),
            models.UniqueConstraint(
                fields=["status"], condition=Q(status=PolicyStatus.PUBLISHED), name="policy_one_published"
            ),
        )

    def __str__(self) -> str:
        return f"policy {self.number}"
