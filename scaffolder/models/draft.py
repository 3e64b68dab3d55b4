"""Half-filled forms."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from scaffolder.models.template import TemplateVersion


class Draft(models.Model):
    """The answers that a person has given so far, kept between the pages of the form; never secrets."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    template = models.ForeignKey(TemplateVersion, on_delete=models.CASCADE, related_name="drafts")
    values = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-updated_at",)

    def __str__(self) -> str:
        return f"draft {self.pk}"
