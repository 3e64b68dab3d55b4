"""Files that departed from their render, or that are behind the newest version."""

from __future__ import annotations

from django.db import models

from conformance.choices import DRIFTS
from conformance.models.service import Service


class DriftedFile(models.Model):
    """One file of a service that is drifted, weakened, missing, behind or forked now.

    The blobs are git object ids: of the recorded render, of the commit, and of the newest version's render; empty where
    there is no such file. `renamed_to` is where the team moved it.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="drifted_files")
    path = models.CharField(max_length=1024)
    drift = models.CharField(max_length=16, choices=DRIFTS)
    is_guard = models.BooleanField(default=False)
    renamed_to = models.CharField(max_length=1024, blank=True)
    recorded_blob = models.CharField(max_length=64, blank=True)
    current_blob = models.CharField(max_length=64, blank=True)
    newest_blob = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("path",)
        constraints = (models.UniqueConstraint(fields=["service", "path"], name="drifted_file_once"),)
        indexes = (models.Index(fields=["drift", "path"], name="drifted_file_by_class"),)

    def __str__(self) -> str:
        return f"{self.path}: {self.drift}"
