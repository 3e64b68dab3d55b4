"""The checks: one file each, which defines CHECK. A file that is here is a check; nothing registers it."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from functools import lru_cache
from pathlib import Path

from conformance.examining.check import Check


@lru_cache(maxsize=1)
def registry() -> dict[str, Check]:
    """Return all checks by id, in the order of level, area and title."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found: list[Check] = [importlib.import_module(f"{__name__}.{name}").CHECK for name in names]
    if len({check.id for check in found}) < len(found):
        raise RuntimeError("Two checks have the same id.")
    found.sort(key=lambda check: (check.level.rank, check.area, check.title))
    return {check.id: check for check in found}


@lru_cache(maxsize=1)
def version() -> str:
    """Return the version of the checker: a digest of the sources of all checks, parsers and what they stand on."""
    digest = hashlib.sha256()
    root = Path(__file__).parent.parent
    for folder in ("checks", "parsers", "examining"):
        for path in sorted((root / folder).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
