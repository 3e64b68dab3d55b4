"""The three texts of a file: as recorded, as committed, as the newest version of the template has it."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.models import DriftedFile, Service
from conformance.scanning.expectations import content, newest_template
from portal.foundation.errors import NotFoundError
from scaffolder import browse
from scaffolder.models import Lineage


@dataclass(frozen=True, slots=True)
class DriftTexts:
    """One drifted file: what it was, is, and would be; None where there is no such file, or none that can be shown."""

    path: str
    drift: str
    renamed_to: str
    recorded: bytes | None
    current: bytes | None
    newest: bytes | None


def texts(service: Service, path: str) -> DriftTexts:
    """Return the texts of a file of the service's drift list; NotFoundError when the path is not in it."""
    found = DriftedFile.objects.filter(service=service, path=path).first()
    lineage = Lineage.objects.filter(repository=service.repository).select_related("template").first()
    if found is None or lineage is None:
        raise NotFoundError("This file is not among those that departed from the path.")
    newest = newest_template(lineage)
    recorded = _blob(service, lineage.render_commit, path) if found.recorded_blob else None
    if newest is None or found.newest_blob in {"", found.recorded_blob}:
        after = recorded if found.newest_blob else None
    else:
        after = content(lineage, newest, path)
    return DriftTexts(
        path=path,
        drift=found.drift,
        renamed_to=found.renamed_to,
        recorded=recorded,
        current=_blob(service, service.commit, found.renamed_to or path) if found.current_blob else None,
        newest=after,
    )


def _blob(service: Service, commit: str, path: str) -> bytes | None:
    try:
        blob = browse.blob(service.repository, commit, path)
    except NotFoundError:
        return None
    return None if blob.too_large else blob.content
