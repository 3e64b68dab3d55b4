"""The README of a repository, ready to show."""

from __future__ import annotations

from django.urls import reverse
from django.utils.safestring import SafeString

from portal.foundation.errors import GoldpathError
from portal.web.prose import markdown
from scaffolder import browse
from scaffolder.models import Repository


def readme_of(repository: Repository, ref: str = "") -> SafeString | None:
    """Return the README's HTML, None when there is none or the repository cannot be read now."""
    try:
        found = browse.readme(repository, ref)
    except GoldpathError:
        return None
    if found is None or found.is_binary:
        return None
    base = reverse("web:repository-file", args=[repository.namespace, repository.name, "x"]).removesuffix("x")
    return markdown(found.content.decode("utf-8", errors="replace"), base=base)
