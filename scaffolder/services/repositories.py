"""Keeps the portal's record of a repository up with what was pushed to it."""

from __future__ import annotations

import uuid

import structlog

import catalog.services as catalog
from portal.foundation.errors import GoldpathError
from scaffolder.actions.catalog_register import documents_of, location_of
from scaffolder.models import Lineage, Repository

log = structlog.get_logger(__name__)


def refresh_from_repository(repository_id: uuid.UUID | str) -> list[str]:
    """Ingest the repository's catalog-info.yaml from its default branch and return the references of its entities.

    What it may define is bounded as at registration. A descriptor that is wrong changes nothing in the catalog and is
    logged: the push has happened already, and the entity page shows the last good state.
    """
    repository = Repository.objects.get(pk=repository_id)
    lineage = Lineage.objects.filter(repository=repository).select_related("template").first()
    if lineage is None:
        return []
    try:
        documents = documents_of(
            repository, repository.head_commit, template=lineage.template, path="catalog-info.yaml"
        )
        entities = catalog.upsert_entities(documents, location=_location(repository, lineage))
    except GoldpathError as error:
        log.warning("catalog-info.yaml was not taken over", repository=repository.slug, reason=error.message)
        return []
    return [entity.ref for entity in entities]


def _location(repository: Repository, lineage: Lineage) -> str:
    """Return where the entities were registered from: the portal's own address may have changed since."""
    registered = catalog.find(lineage.entity_ref)
    return registered.location if registered is not None else location_of(repository)
