"""Versions of templates, as registered from the library."""

from __future__ import annotations

from typing import Any

from django.db import models


class TemplateVersionQuerySet(models.QuerySet["TemplateVersion"]):
    """Reads of template versions."""

    def current(self) -> TemplateVersionQuerySet:
        """Return the newest registered version of every template that the library still has."""
        return self.filter(is_current=True)


class TemplateVersion(models.Model):
    """One version of one template: its Backstage `Template` entity and the digest of the library behind it.

    Rows never change after they were made, but for `is_current`; a run keeps the version that it was started with.
    """

    ref = models.CharField(max_length=255)
    version = models.CharField(max_length=64)
    digest = models.CharField(max_length=80)
    library = models.CharField(max_length=63)
    manifest = models.JSONField()
    is_current = models.BooleanField(default=True)
    registered_at = models.DateTimeField(auto_now_add=True)

    objects = TemplateVersionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["ref", "version", "digest"], name="template_version_once"),
            models.UniqueConstraint(
                fields=["ref"], condition=models.Q(is_current=True), name="template_one_current_version"
            ),
        )

    def __str__(self) -> str:
        return f"{self.ref}@{self.version}"

    @property
    def title(self) -> str:
        """What people call the template."""
        metadata: dict[str, Any] = self.manifest["metadata"]
        return str(metadata.get("title") or metadata["name"])

    @property
    def pages(self) -> list[dict[str, Any]]:
        """The pages of the form: `spec.parameters`, always as a list."""
        parameters: Any = self.manifest["spec"].get("parameters", [])
        return parameters if isinstance(parameters, list) else [parameters]
