"""Who owns a file of a render, and which files guard the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from pathspec import GitIgnoreSpec

from scaffolder.library.manifests import OwnershipRule

DEFAULT_CLASS = "team"


def owner_class(path: str, rules: Sequence[OwnershipRule]) -> str:
    """Return the class of the first rule that matches `path`; files that no rule names belong to the team."""
    return next((rule.owner_class for rule in rules if matches(path, rule.paths)), DEFAULT_CLASS)


def matches(path: str, globs: Iterable[str]) -> bool:
    """Tell whether `path` matches one of the globs, as .gitignore reads them."""
    return bool(_spec(tuple(globs)).match_file(path))


@lru_cache(maxsize=512)
def _spec(globs: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(globs)
