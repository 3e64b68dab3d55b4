"""Repositories that Goldpath knows."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F

from scaffolder.models.run import Run


class RepositoryQuerySet(models.QuerySet["Repository"]):
    """Reads of repositories."""

    def behind(self) -> RepositoryQuerySet:
        """Return the repositories of services whose head has not been taken over yet."""
        return self.filter(lineage__isnull=False).exclude(head_commit=F("ingested_commit"))


class Repository(models.Model):
    """A Git repository on a forge.

    `owner_ref` is the group whose members may push to it; `created_by` the run that made it (its proof when that run
    is compensated); `render_commit` the pure render that `refs/goldpath/render` pointed to at creation. `head_commit`
    is the newest known commit of the default branch, and `ingested_commit` the one that the catalog has taken over, or
    has found to be wrong: a lost message leaves them apart, which the reaper sees.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    forge = models.CharField(max_length=32, default="local")
    namespace = models.CharField(max_length=63, default="default")
    name = models.CharField(max_length=63)
    description = models.TextField(blank=True)
    default_branch = models.CharField(max_length=100, default="main")
    owner_ref = models.CharField(max_length=255)
    created_by = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="repositories")
    is_protected = models.BooleanField(default=False)
    head_commit = models.CharField(max_length=64, blank=True)
    ingested_commit = models.CharField(max_length=64, blank=True)
    render_commit = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    pushed_at = models.DateTimeField(null=True, blank=True)

    objects = RepositoryQuerySet.as_manager()

    class Meta:
        ordering = ("namespace", "name")
        verbose_name_plural = "repositories"
        constraints = (models.UniqueConstraint(fields=["forge", "namespace", "name"], name="repository_name_once"),)

    def __str__(self) -> str:
        return self.slug

    @property
    def slug(self) -> str:
        """`namespace/name`, as in the repository's address."""
        return f"{self.namespace}/{self.name}"
