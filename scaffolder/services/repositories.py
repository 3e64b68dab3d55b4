"""Keeps the portal's record of a repository up with what was pushed to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, transaction

import catalog.services as catalog
from portal.foundation.errors import GoldpathError
from scaffolder.actions.catalog_register import documents_of, location_of
from scaffolder.models import Lineage, Repository
from scaffolder.signals import announce

log = structlog.get_logger(__name__)

WORTH_ANOTHER_TRY = (OperationalError, InterfaceError, OSError)
T = TypeVar("T")


def refresh_from_repository(repository_id: uuid.UUID | str) -> list[str]:
    """Ingest the repository's catalog-info.yaml from its default branch and return the references of its entities.

    What it may define is bounded as at registration. A descriptor that is wrong changes nothing in the catalog and is
    logged: the push has happened already, and the entity page shows the last good state. Either way the head is
    settled, so nobody asks again, and `repository_pushed` is sent. A head that moved meanwhile is left to its own ring,
    and a repository without a service has nothing to take over.
    """
    lineage = Lineage.objects.filter(repository__pk=repository_id).select_related("repository", "template").first()
    if lineage is None:
        return []
    repository, documents = lineage.repository, _documents(lineage)
    with transaction.atomic():
        if not _settle(repository):
            return []
        refs = _ingest(lineage, documents)
    announce(repository)
    return refs


def _documents(lineage: Lineage) -> list[dict[str, Any]]:
    repository, path = lineage.repository, "catalog-info.yaml"
    commit = repository.head_commit
    return _tried(repository, lambda: documents_of(repository, commit, template=lineage.template, path=path))


def _settle(repository: Repository) -> bool:
    """Note that this head is being taken over, and tell whether it is still the head; the update locks the row."""
    rows = Repository.objects.filter(pk=repository.pk, head_commit=repository.head_commit)
    repository.ingested_commit = repository.head_commit
    return rows.update(ingested_commit=repository.ingested_commit) == 1


def _ingest(lineage: Lineage, documents: list[dict[str, Any]]) -> list[str]:
    if not documents:
        return []
    location = _location(lineage)
    entities = _tried(lineage.repository, lambda: catalog.upsert_entities(documents, location=location))
    return [entity.ref for entity in entities]


def _tried(repository: Repository, act: Callable[[], list[T]]) -> list[T]:
    """Return what `act` does, or nothing and a line in the log that says what is wrong with the push.

    A defect of ours is told there too: whatever a push can bring about must not come back every few seconds.
    """
    try:
        return act()
    except GoldpathError as error:
        log.warning("catalog-info.yaml was not taken over", repository=repository.slug, reason=error.message)
    except WORTH_ANOTHER_TRY:
        raise
    except Exception as error:
        log.error("catalog-info.yaml could not be taken over", repository=repository.slug, exc_info=error)
    return []


def _location(lineage: Lineage) -> str:
    """Return where the entities were registered from: the portal's own address may have changed since."""
    registered = catalog.find(lineage.entity_ref)
    return registered.location if registered is not None else location_of(lineage.repository)
