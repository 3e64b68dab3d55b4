"""Makes and revokes API tokens."""

from __future__ import annotations

import datetime as dt
import uuid

from portal.foundation.errors import InputError, NotFoundError
from portal.foundation.models import ApiToken, User

MAX_DAYS = 366


def create_token(user: User, label: str, *, days: int | None = 90) -> str:
    """Make a token for `user` and return it: the only moment at which it can be read.

    `days` is how long it lasts, at most a year; None makes one that does not expire (for machines, by an operator).
    """
    label = label.strip()
    if not 1 <= len(label) <= 100 or not label.isprintable():
        raise InputError("Give the token a name of 1 to 100 printable characters.")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise InputError(f"A token lasts 1 to {MAX_DAYS} days.")
    expiry = None if days is None else dt.timedelta(days=days)
    created: tuple[ApiToken, str] = ApiToken.objects.create(user=user, expiry=expiry, label=label)
    return created[1]


def revoke_token(user: User, token_id: uuid.UUID) -> None:
    """Delete a token of `user`; one of somebody else raises NotFoundError, as one that never was."""
    deleted, _ = ApiToken.objects.filter(user=user, pk=token_id).delete()
    if not deleted:
        raise NotFoundError("There is no such token.")
