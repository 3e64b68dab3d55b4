"""Verifies API tokens. Nothing else in the portal does."""

from __future__ import annotations

import datetime as dt
import re

from django.http import HttpRequest
from django.utils import timezone
from knox.auth import TokenAuthentication
from rest_framework import exceptions
from rest_framework.request import Request

from portal.foundation.errors import AuthenticationError
from portal.foundation.models import ApiToken, User

_USE_RESOLUTION = dt.timedelta(minutes=1)
_TOKEN = re.compile(r"gp_[0-9a-f]{64}")


class BearerAuthentication(TokenAuthentication):
    """Authenticates `Authorization: Bearer <token>`.

    An expired token is refused but kept, so that its owner still finds it listed.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the account and its token, or None when the header is for another scheme."""
        try:
            found: tuple[User, ApiToken] | None = super().authenticate(request)
        except UnicodeDecodeError:
            raise exceptions.AuthenticationFailed("Illegal token") from None
        if found:
            _note_use(found[1])
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Return the account of a token and its row; what has not the form of one never reaches the database."""
        if not is_token(token.decode()):
            raise exceptions.AuthenticationFailed("Illegal token")
        found: tuple[User, ApiToken] = super().authenticate_credentials(token)
        return found

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


def verify(token: str) -> User:
    """Return the account of `token`; an unknown, expired or deactivated one raises AuthenticationError."""
    try:
        user, found = BearerAuthentication().authenticate_credentials(token.encode())
    except (exceptions.AuthenticationFailed, UnicodeError):
        raise AuthenticationError("Illegal token: make a new one on your tokens page") from None
    _note_use(found)
    account: User = user
    return account


def is_token(text: str) -> bool:
    """Tell whether `text` has the form of our tokens, without asking the database."""
    return _TOKEN.fullmatch(text) is not None


def account_of(request: HttpRequest | Request) -> User:
    """Return the account behind an authenticated request; an anonymous one raises AuthenticationError."""
    user = request.user
    if not isinstance(user, User):
        raise AuthenticationError("Missing credentials")
    return user


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > _USE_RESOLUTION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
