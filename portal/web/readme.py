"""The README of a repository, ready to show."""

from __future__ import annotations

from django.urls import reverse
from django.utils.safestring import SafeString

from portal.foundation.errors import GoldpathError
from portal.web.prose import markdown
from scaffolder import browse
from scaffolder.git import Blob
from scaffolder.models import Repository


def readme_of(repository: Repository, ref: str = "") -> SafeString | None:
    """Return the HTML of the README of the top folder at `ref`, None when there is none or it cannot be read now."""
    try:
        found = browse.readme(repository, ref)
    except GoldpathError:
        return None
    return _html(repository, found) if found else None


def _html(repository: Repository, found: Blob) -> SafeString | None:
    if found.is_binary or found.too_large:
        return None
    base = reverse("web:repository-file", args=[repository.namespace, repository.name, "x"]).removesuffix("x")
    return markdown(found.content.decode("utf-8", errors="replace"), base=base)
