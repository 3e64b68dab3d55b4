"""Links that sign one account in, once."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.foundation.models.user import User


class SignInLinkManager(models.Manager["SignInLink"]):
    """Makes and redeems links."""

    def issue(self, user: User, *, minutes: int = 60) -> str:
        """Return the secret of a new link for `user`; only its hash is stored. It works once, for `minutes`."""
        secret = secrets.token_urlsafe(32)
        expires = timezone.now() + dt.timedelta(minutes=minutes)
        self.create(user=user, digest=_digest(secret), expires_at=expires)
        return secret

    def redeem(self, secret: str) -> SignInLink | None:
        """Return the link of `secret` when it is unused and in time, and mark it used; else None."""
        now = timezone.now()
        unused = self.filter(digest=_digest(secret), used_at=None, expires_at__gt=now)
        if unused.update(used_at=now) != 1:
            return None
        return self.select_related("user").get(digest=_digest(secret))


class SignInLink(models.Model):
    """A one-time sign-in link, such as the one that the first start prints."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_links")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = SignInLinkManager()

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
