"""The parsers: one file each, which defines PARSER. What a parser learns from a blob is kept by the blob's id."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from conformance.examining.parser import Parser


@lru_cache(maxsize=1)
def registry() -> dict[str, Parser]:
    """Return all parsers by name."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found: list[Parser] = [importlib.import_module(f"{__name__}.{name}").PARSER for name in names]
    return {parser.name: parser for parser in found}
