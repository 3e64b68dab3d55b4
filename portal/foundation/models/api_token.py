"""API tokens, stored as hashes only."""

from __future__ import annotations

import uuid

from django.db import models
from knox.models import AbstractAuthToken, AuthTokenManager


class ApiToken(AbstractAuthToken):
    """A bearer token of one account.

    Only the SHA-512 of the token is stored, and its first characters to find it by; the token itself is shown once,
    when it is made. `label` is what the owner calls it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=128, unique=True, editable=False)
    label = models.CharField(max_length=100)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = AuthTokenManager()

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return f"{self.label} ({self.token_key}…)"
