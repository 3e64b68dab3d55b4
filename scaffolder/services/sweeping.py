"""Removes what is left over on disk and what nobody comes back to, and finds what was missed."""

from __future__ import annotations

import datetime as dt
import shutil
import uuid

from django.utils import timezone

from portal.foundation import home
from scaffolder import library, previews, verification
from scaffolder.choices import ACTIVE_RUN
from scaffolder.engine.workspace import FOLDER
from scaffolder.forges.local import heads
from scaffolder.forges.local import sweeping as local_forge
from scaffolder.models import Draft, Run

DRAFT_DAYS = 30


def sweep() -> dict[str, int]:
    """Note pushes that a kill kept from being noted; remove workspaces of ended runs, old drafts, previews and caches.

    Returns how many of each.
    """
    old = timezone.now() - dt.timedelta(days=DRAFT_DAYS)
    drafts, _ = Draft.objects.filter(updated_at__lt=old).delete()
    return {
        "pushes": heads.note_missed_pushes(),
        "workspaces": _sweep_workspaces(),
        "previews": previews.trim(),
        "drafts": drafts,
        "compositions": library.trim(),
        "repositories": local_forge.tidy(),
        "go_cache_bytes": verification.trim(),
    }


def _sweep_workspaces() -> int:
    # Listed before the runs are read: a run that is claimed in between has a folder that is not in this list.
    folders = [folder for folder in home.folder(FOLDER).iterdir() if _is_run_id(folder.name)]
    active = {str(pk) for pk in Run.objects.filter(status__in=ACTIVE_RUN).values_list("pk", flat=True)}
    gone = [folder for folder in folders if folder.name not in active]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def _is_run_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
