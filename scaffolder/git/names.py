"""What may be called what: names of refs, commits and paths that come from outside."""

from __future__ import annotations

import re

from portal.foundation.errors import InputError

_REF = re.compile(r"[A-Za-z0-9._/-]+")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_REF_LENGTH = 200
_PATH_LENGTH = 1024


def is_ref(name: str) -> bool:
    """Tell whether `name` can be a branch, a tag or a full ref, and nothing that git would read as an option."""
    if not _REF.fullmatch(name) or len(name) > _REF_LENGTH or name.startswith(("-", "/")) or name.endswith(("/", ".")):
        return False
    parts = name.split("/")
    return all(part and not part.startswith(".") and not part.endswith(".lock") for part in parts) and ".." not in name


def is_commit(name: str) -> bool:
    """Tell whether `name` is a commit id, or the beginning of one."""
    return bool(_COMMIT.fullmatch(name))


def checked_ref(name: str) -> str:
    """Return `name` when it can be a ref; else raise InputError."""
    if not is_ref(name):
        raise InputError(f"{name[:80]!r} cannot be the name of a branch or tag.")
    return name


def checked_path(path: str) -> str:
    """Return a path inside a tree without slashes at its ends; one that leaves the tree raises InputError."""
    path = path.strip("/")
    if not path:
        return ""
    parts = path.split("/")
    legal = len(path) <= _PATH_LENGTH and path.isprintable() and not any(part in {"", ".", ".."} for part in parts)
    if not legal:
        raise InputError("This is not a path inside the repository.")
    return path
