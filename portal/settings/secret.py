"""The secret key of an embedded installation."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from portal.foundation.env import envsecret


def secret_key(home: Path) -> str:
    """Return GOLDPATH_SECRET_KEY, else the key kept in `home` (mode 0600), which the first start makes."""
    given = envsecret("GOLDPATH_SECRET_KEY")
    if given:
        return given
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii")
