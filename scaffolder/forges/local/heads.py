"""Keeps the recorded heads of the local repositories up with those on disk."""

from __future__ import annotations

import structlog
from django.utils import timezone

from portal.foundation.errors import GoldpathError
from scaffolder import git
from scaffolder.engine.doorbell import ring_for_push
from scaffolder.forges.local import places
from scaffolder.models import Repository

log = structlog.get_logger(__name__)


def note_push(repository: Repository) -> bool:
    """Record a new head of the default branch and ring for what depends on it; return whether there was one.

    It looks again after it wrote: of two pushes at once, the slower request must not leave the older head behind.
    """
    is_new = False
    while _record(repository):
        is_new = True
    if is_new:
        ring_for_push(repository.pk)
    return is_new


def note_missed_pushes() -> int:
    """Note the pushes whose request was killed after git took them and before it noted them; return how many.

    It reads a small file a repository, and asks the database for those only whose head differs.
    """
    count = 0
    for repository in Repository.objects.filter(forge="local"):
        try:
            count += _head(repository) != repository.head_commit and note_push(repository)
        except (GoldpathError, OSError) as error:
            log.warning("a repository's head could not be read", repository=repository.slug, error=type(error).__name__)
    return count


def _record(repository: Repository) -> bool:
    head = _head(repository)
    rows = Repository.objects.filter(pk=repository.pk).exclude(head_commit=head)
    return bool(head) and rows.update(head_commit=head, pushed_at=timezone.now()) == 1


def _head(repository: Repository) -> str:
    folder = places.repository_folder(repository.namespace, repository.name)
    return git.head(folder, f"refs/heads/{repository.default_branch}")
