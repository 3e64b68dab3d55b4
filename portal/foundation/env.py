"""Strict readers of environment variables.

A wrong value stops the start with a sentence that names the variable, instead of becoming a surprising default. A
variable that is set to nothing counts as not set, as in Compose files and CI systems that pass every variable on.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def envstr(name: str, default: str = "") -> str:
    """Return the variable, or `default` when it is not set."""
    return os.environ.get(name) or default


def envbool(name: str, *, default: bool) -> bool:
    """Return the variable as a boolean; anything but a known word raises ImproperlyConfigured."""
    raw = os.environ.get(name)
    if not raw:
        return default
    word = raw.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {raw!r}: write 1 or 0")


def envint(name: str, default: int) -> int:
    """Return the variable as an integer; anything else raises ImproperlyConfigured."""
    raw = os.environ.get(name)
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}: write a whole number") from None


def envlist(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without empty items."""
    return [item.strip() for item in envstr(name, default).split(",") if item.strip()]


def envsecret(name: str, default: str = "") -> str:
    """Return a secret from `NAME`, or from the file that `NAME_FILE` names; both set is an error."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return envstr(name, default)
    if os.environ.get(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from None
