"""Lineage: which template, version and answers a service came from."""

from __future__ import annotations

from django.db import models

from scaffolder.models.repository import Repository
from scaffolder.models.run import Run
from scaffolder.models.template import TemplateVersion


class Lineage(models.Model):
    """The record behind one scaffolded service; the lock file in its repository says the same.

    `entity_ref` is the service's Component; `lock` is the lock file as rendered (files, hashes, ownership classes), and
    `render_commit` the commit under `refs/goldpath/render` that it belongs to.
    """

    entity_ref = models.CharField(max_length=255, unique=True)
    repository = models.OneToOneField(Repository, on_delete=models.CASCADE, related_name="lineage")
    template = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="services")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="lineages")
    answers = models.JSONField(default=dict)
    lock = models.JSONField(default=dict)
    render_commit = models.CharField(max_length=64)
    render_tree = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "lineages"

    def __str__(self) -> str:
        return f"{self.entity_ref} from {self.template_id}"
