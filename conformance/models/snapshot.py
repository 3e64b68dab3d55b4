"""Snapshots: what every check said of one commit. They never change."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from conformance.models.service import Service


class Snapshot(models.Model):
    """One commit of one service as one version of the checker saw it, beside the newest version of its template.

    `results` holds per check id `{"verdict", "message", "evidence": [{"path", "line", "sha", "excerpt", "note"}]}`, for
    all checks, whatever the policy asks for: a policy can be tried on stored snapshots without a scan. `drift` counts
    files by class, `files` are those of them that departed: `[{"path", "drift", "guard", "renamedTo"}]`. `origin` is
    `sha256(commit, checker, newest template, facts of the portal)`: the same origin gives the same results.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="snapshots")
    commit = models.CharField(max_length=64)
    tree = models.CharField(max_length=64)
    committed_at = models.DateTimeField()
    taken_at = models.DateTimeField(default=timezone.now)
    checker_version = models.CharField(max_length=32)
    newest_version = models.CharField(max_length=64, blank=True)
    origin = models.CharField(max_length=64)
    file_count = models.PositiveIntegerField(default=0)
    drift = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    results = models.JSONField(default=dict)

    class Meta:
        ordering = ("-committed_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["service", "origin"], name="snapshot_once"),)
        indexes = (models.Index(fields=["service", "-committed_at"], name="snapshot_of_service"),)

    def __str__(self) -> str:
        return f"{self.service_id}@{self.commit[:8]}"
