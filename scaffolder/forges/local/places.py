"""Where the local forge keeps what."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from portal.foundation import home
from portal.foundation.errors import InputError

NAME = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(NAME)


def root() -> Path:
    """Return the folder that holds all repositories."""
    return home.folder("git")


def repository_folder(namespace: str, name: str) -> Path:
    """Return where the repository lies or would lie; a name that could lead elsewhere raises InputError."""
    for part in (namespace, name):
        if not _NAME.fullmatch(part):
            raise InputError(
                f"{part[:80]!r} cannot be part of a repository's address: use lower-case letters, digits and hyphens."
            )
    return root() / namespace / f"{name}.git"


def web_url(namespace: str, name: str) -> str:
    """Return the page of the repository in the portal."""
    return f"{settings.GOLDPATH_BASE_URL}/git/{namespace}/{name}"


def clone_url(namespace: str, name: str) -> str:
    """Return the address that git clones."""
    return f"{web_url(namespace, name)}.git"
