"""The README of a repository, ready to show."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.safestring import SafeString

from portal.foundation.errors import GoldpathError
from portal.web.prose import markdown
from scaffolder import browse
from scaffolder.git import Blob, TreeEntry
from scaffolder.models import Repository

_NAMES = ("README.md", "readme.md")


def readme_of(repository: Repository) -> SafeString | None:
    """Return the README's HTML, None when there is none or the repository cannot be read now."""
    try:
        found = browse.readme(repository)
    except GoldpathError:
        return None
    return _html(repository, found) if found else None


def readme_among(repository: Repository, ref: str, entries: Sequence[TreeEntry]) -> SafeString | None:
    """Return the HTML of the README among the entries of the top folder at `ref`, without listing them again."""
    names = {entry.name for entry in entries if entry.kind == "file"}
    name = next((name for name in _NAMES if name in names), None)
    return _html(repository, browse.blob(repository, ref, name)) if name else None


def _html(repository: Repository, found: Blob) -> SafeString | None:
    if found.is_binary or found.too_large:
        return None
    base = reverse("web:repository-file", args=[repository.namespace, repository.name, "x"]).removesuffix("x")
    return markdown(found.content.decode("utf-8", errors="replace"), base=base)
