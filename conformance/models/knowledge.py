"""What is known of contents, so that nothing is parsed or rendered twice."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

from scaffolder.models import Lineage, TemplateVersion


def _today() -> dt.date:
    return timezone.now().date()


class Fact(models.Model):
    """What one version of one parser learned from one content.

    `content` is the blob's id, or for a module-blind parser the digest of the content without the module's own path.
    """

    parser = models.CharField(max_length=32)
    version = models.CharField(max_length=64)
    content = models.CharField(max_length=64)
    facts = models.JSONField()
    used_on = models.DateField(default=_today)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["content", "parser", "version"], name="fact_once"),)
        indexes = (models.Index(fields=["used_on"], name="fact_by_use"),)

    def __str__(self) -> str:
        return f"{self.parser} of {self.content[:8]}"


class Expectation(models.Model):
    """How one version of the template renders with a service's recorded answers.

    `files` are `{path: {"blob", "mode", "class", "guard"}}`, the blobs as git object ids. `problem` says in words why
    the version cannot be rendered with these answers; then `files` is empty.
    """

    lineage = models.ForeignKey(Lineage, on_delete=models.CASCADE, related_name="expectations")
    template = models.ForeignKey(TemplateVersion, on_delete=models.CASCADE, related_name="expectations")
    files = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["lineage", "template"], name="expectation_once"),)

    def __str__(self) -> str:
        return f"{self.lineage_id} at {self.template_id}"
