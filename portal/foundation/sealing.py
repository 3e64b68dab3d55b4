"""Secrets that the portal must be able to read again: encrypted with a key that is derived from the secret key."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

_PURPOSE = b"goldpath sealed secrets"


class UnsealError(Exception):
    """The text was sealed with another key, or was changed since."""


def seal(secret: str) -> str:
    """Return `secret` encrypted and authenticated (Fernet), as ASCII text."""
    return _cipher().encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Return what was sealed, with the secret key or one of SECRET_KEY_FALLBACKS; UnsealError when none fits."""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UnsealError("The secret was sealed with another key.") from None


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    """Return the Fernet key of a secret key (HKDF, RFC 5869): no other use of the secret key gives the same."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(force_bytes(secret))
    return base64.urlsafe_b64encode(derived)
