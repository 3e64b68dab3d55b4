"""Runs: one request to make one service, and everything that became of it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.foundation.actors import Actor
from portal.foundation.leases import Leased
from scaffolder.choices import ACTIVE_RUN, ALLOWED_RUN, RunStatus
from scaffolder.models.template import TemplateVersion


class RunQuerySet(models.QuerySet["Run"]):
    """Reads of runs."""

    def visible_to(self, actor: Actor) -> RunQuerySet:
        """Return the runs that `actor` started or whose service belongs to one of the actor's groups."""
        if actor.is_platform:
            return self
        return self.filter(Q(actor_ref=actor.user_ref) | Q(owner_ref__in=actor.groups))

    def claimable(self) -> RunQuerySet:
        """Return active runs that nobody works on."""
        return self.filter(Run.free(), status__in=ACTIVE_RUN)


class Run(Leased):
    """One run of a template. The database owns it: a message only says that it may be looked at.

    `values` are the validated answers without secrets. `target_name` is the name that the run reserves while it is
    active: a partial unique constraint lets one active run hold it. `fence` (of the lease) counts the claims. `is_seed`
    marks runs of the demo data: dated back, and not verified, since the library's own gate has done that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="runs")
    status = models.CharField(max_length=16, choices=RunStatus.choices, default=RunStatus.QUEUED)
    values = models.JSONField()
    actor_ref = models.CharField(max_length=255)
    owner_ref = models.CharField(max_length=255, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    target_namespace = models.CharField(max_length=63, default="default")
    target_name = models.CharField(max_length=63)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - null keeps it out of the constraint
    request_digest = models.CharField(max_length=64, blank=True)
    is_seed = models.BooleanField(default=False)
    attempt = models.PositiveIntegerField(default=1)
    output = models.JSONField(default=dict)
    error = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["status", "lease_expires_at"], name="run_claimable"),
            models.Index(fields=["-created_at"], name="run_newest"),
            models.Index(fields=["actor_ref", "-created_at"], name="run_by_actor"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="run_status_known"),
            models.UniqueConstraint(
                fields=["target_namespace", "target_name"],
                condition=Q(status__in=sorted(ACTIVE_RUN)),
                name="run_one_active_per_name",
            ),
            models.UniqueConstraint(fields=["actor_ref", "idempotency_key"], name="run_once_per_key"),
        )

    def __str__(self) -> str:
        return f"run {self.pk} of {self.target_name}"

    @property
    def is_active(self) -> bool:
        """Whether the run has not ended."""
        return self.status in ACTIVE_RUN

    @property
    def duration(self) -> dt.timedelta | None:
        """How long the run took, or takes so far; None before it started."""
        if self.started_at is None:
            return None
        return (self.ended_at or timezone.now()) - self.started_at

    @staticmethod
    def sources(to: RunStatus) -> list[str]:
        """Return the states from which a run may move to `to`."""
        return [source for source, targets in ALLOWED_RUN.items() if to in targets]

    def context(self) -> dict[str, Any]:
        """Return what `${{ }}` expressions may look up, without the outputs of steps."""
        return {"parameters": self.values, "user": {"ref": self.actor_ref}}
