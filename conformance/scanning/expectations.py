"""How the newest version of a template renders for a service: rendered once per version and service, and kept by id."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.drift import Rule
from conformance.models import Expectation
from portal.foundation import home
from portal.foundation.errors import GoldpathError, NotFoundError
from scaffolder.git import TreeFile
from scaffolder.models import Lineage, TemplateVersion

LOCK = ".goldpath/lock.json"


def newest_template(lineage: Lineage) -> TemplateVersion | None:
    """Return the current version of the template that a service came from; None when the library dropped it."""
    return TemplateVersion.objects.current().filter(ref=lineage.template.ref).defer("manifest").first()


def versions_behind(lineage: Lineage, newest: TemplateVersion | None) -> int:
    """Return how many releases of the template are newer than the recorded one."""
    if newest is None or newest.pk == lineage.template_id:
        return 0
    later = TemplateVersion.objects.filter(ref=lineage.template.ref, registered_at__gt=lineage.template.registered_at)
    return later.exclude(version=lineage.template.version).values("version").distinct().count()


def expectation(lineage: Lineage, newest: TemplateVersion) -> Expectation:
    """Return how `newest` renders with the service's recorded answers, rendering it if nobody has yet."""
    kept = Expectation.objects.filter(lineage=lineage, template=newest).first()
    if kept is not None:
        return kept
    made = Expectation(lineage=lineage, template=newest)
    try:
        made.files = _rendered(lineage, newest)
    except GoldpathError as error:
        made.problem = error.message[:300]
    Expectation.objects.bulk_create([made], ignore_conflicts=True)
    return Expectation.objects.get(lineage=lineage, template=newest)


def versions_of(files: Mapping[str, Mapping[str, Any]]) -> dict[str, TreeFile]:
    """Return the files of an expectation as the comparison wants them."""
    return {path: TreeFile(entry["blob"], entry["mode"]) for path, entry in files.items()}


def rules_of(files: Mapping[str, Mapping[str, Any]]) -> dict[str, Rule]:
    """Return who owns what, from the files of a lock or of an expectation."""
    return {path: Rule(entry["class"] == "team", bool(entry.get("guard"))) for path, entry in files.items()}


def content(lineage: Lineage, newest: TemplateVersion, path: str) -> bytes | None:
    """Return one file of the newest render, rendered again; None when it does not have it."""
    from scaffolder.rendering import render_recorded  # late: who renders starts a render server

    folder = _scratch()
    try:
        render_recorded(newest, lineage.lock, folder)
        found = (folder / path).resolve()
        return found.read_bytes() if found.is_relative_to(folder.resolve()) and found.is_file() else None
    except (GoldpathError, OSError):
        return None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rendered(lineage: Lineage, newest: TemplateVersion) -> dict[str, dict[str, Any]]:
    from scaffolder.rendering import render_recorded  # late: who renders starts a render server

    if not lineage.lock:
        raise NotFoundError("The record of this service has no answers to render with.")
    folder = _scratch()
    try:
        render = render_recorded(newest, lineage.lock, folder)
        classes = render.lock["files"]
        return {
            file.path: {
                "blob": _blob_id((folder / file.path).read_bytes()),
                "mode": file.mode,
                "class": classes[file.path]["class"],
                "guard": bool(classes[file.path].get("guard")),
            }
            for file in render.files
            if file.path != LOCK
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _scratch() -> Path:
    return home.folder("cache", "expectations") / uuid.uuid4().hex


def _blob_id(content: bytes) -> str:
    """Return the id that git gives this content (the SHA-1 of a header with the size, and the content)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
