"""The verbs of the catalog."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from catalog.bulk import insert_rows
from catalog.choices import Kind, RelationType
from catalog.descriptors import BoundedReader, parse_descriptor, resolve_placeholders
from catalog.graph import Graph, relations_graph
from catalog.models import Entity, EntityQuerySet, Relation, SearchEntry
from catalog.refs import DEFAULT_NAMESPACE, EntityRef, make_ref, parse_ref
from catalog.relations import Link, derive
from catalog.search import flatten
from catalog.validation import describe, validate
from catalog.wire import entity_json
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, InputError
from portal.foundation.models import User

__all__ = [
    "BoundedReader",
    "Graph",
    "actor_for",
    "entity_json",
    "find",
    "groups",
    "groups_of",
    "parse_descriptor",
    "relations_graph",
    "remove_location",
    "resolve_placeholders",
    "systems",
    "upsert_entities",
]

LOCATION = "backstage.io/managed-by-location"
ORIGIN = "backstage.io/managed-by-origin-location"
MAX_LOCATION = 1000

_WRITTEN = (
    "api_version",
    "name",
    "title",
    "type",
    "lifecycle",
    "owner_ref",
    "system_ref",
    "origin",
    "etag",
    "document",
    "updated_at",
)


class _Draft(NamedTuple):
    entity: Entity
    links: list[Link]


def upsert_entities(
    documents: Sequence[Mapping[str, Any]], *, location: str, origin: str | None = None
) -> list[Entity]:
    """Make the catalog hold exactly `documents` for `location`, and return their entities in the order given.

    What `location` defined before and no longer does is removed. `origin` is the location that was registered by a
    person, when `location` was found through it. Joins a running transaction. An entity that has not changed costs
    nothing; the number of queries does not grow with the batch.

    Raises InputError for a document that is not a valid entity, or given twice, and ConflictError for an entity that
    another location defines; then nothing has changed.
    """
    if not 0 < len(location) <= MAX_LOCATION:
        raise InputError(f"A location has 1 to {MAX_LOCATION} characters.")
    drafts = [_draft(document, location, origin or location) for document in documents]
    by_ref = {draft.entity.ref: draft for draft in drafts}
    if len(by_ref) < len(drafts):
        raise InputError(f"The descriptor defines an entity twice: {_first_twice(drafts)}. Keep one.")
    with transaction.atomic():
        known = {entity.ref: entity for entity in _known(location, by_ref)}
        _refuse_foreign(known.values(), location, by_ref)
        _remove([entity.pk for ref, entity in known.items() if ref not in by_ref])
        changed = sorted(ref for ref in by_ref if ref not in known or known[ref].etag != by_ref[ref].entity.etag)
        _write([by_ref[ref] for ref in changed], location)
    unchanged = {ref: entity for ref, entity in known.items() if ref not in changed}
    return [unchanged.get(draft.entity.ref, draft.entity) for draft in drafts]


def remove_location(location: str) -> int:
    """Remove everything that `location` defines, and return how many entities that were."""
    with transaction.atomic():
        gone = list(Entity.objects.filter(location=location).values_list("pk", flat=True))
        _remove(gone)
    return len(gone)


def find(ref: str) -> Entity | None:
    """Return the entity of a full reference, in any case, or None."""
    try:
        return Entity.objects.filter(ref=str(parse_ref(ref))).first()
    except InputError:
        return None


def groups() -> EntityQuerySet:
    """Return all groups, by title or name."""
    return Entity.objects.of_kind(Kind.GROUP).order_by("title", "name")


def systems() -> EntityQuerySet:
    """Return all systems, by title or name."""
    return Entity.objects.of_kind(Kind.SYSTEM).order_by("title", "name")


def groups_of(actor: Actor) -> EntityQuerySet:
    """Return the groups that `actor` may make owner of something: their own, or all for a platform engineer."""
    return groups() if actor.is_platform else groups().filter(ref__in=actor.groups)


def actor_for(user: User) -> Actor:
    """Return the actor that an account is: its user entity, the groups of that, and whether it is the platform's."""
    rows = Relation.objects.filter(source_ref=user.entity_ref, type=RelationType.MEMBER_OF)
    member_of = frozenset(rows.values_list("target_ref", flat=True))
    return Actor(user_ref=user.entity_ref, groups=member_of, is_platform=user.is_superuser)


def _draft(document: Mapping[str, Any], location: str, origin: str) -> _Draft:
    kind = validate(document)
    metadata, spec = document["metadata"], document.get("spec", {})
    ref = parse_ref(make_ref(kind, metadata.get("namespace", DEFAULT_NAMESPACE), metadata["name"]))
    links = derive(kind, ref, spec)
    kept = _kept(document, location, origin)
    entity = Entity(
        ref=str(ref),
        api_version=document["apiVersion"],
        kind=kind.value,
        namespace=metadata.get("namespace", DEFAULT_NAMESPACE),
        name=metadata["name"],
        title=metadata.get("title", ""),
        type=spec.get("type", ""),
        lifecycle=spec.get("lifecycle", ""),
        owner_ref=_ref_in(spec, "owner", "group", ref),
        system_ref=_ref_in(spec, "system", "system", ref),
        location=location,
        origin=origin,
        document=kept,
        etag=_etag(kept),
    )
    return _Draft(entity, links)


def _ref_in(spec: Mapping[str, Any], field: str, kind: str, ref: EntityRef) -> str:
    text = spec.get(field)
    return str(parse_ref(text, kind=kind, namespace=ref.namespace)) if isinstance(text, str) else ""


def _kept(document: Mapping[str, Any], location: str, origin: str) -> dict[str, Any]:
    metadata = {key: value for key, value in document["metadata"].items() if key not in {"uid", "etag"}}
    annotations = {**metadata.get("annotations", {}), LOCATION: location, ORIGIN: origin}
    return {**document, "metadata": {"namespace": DEFAULT_NAMESPACE, **metadata, "annotations": annotations}}


def _etag(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _first_twice(drafts: Sequence[_Draft]) -> str:
    refs = [draft.entity.ref for draft in drafts]
    return next(ref for index, ref in enumerate(refs) if ref in refs[:index])


def _known(location: str, refs: Mapping[str, Any]) -> EntityQuerySet:
    return Entity.objects.filter(ref__in=refs) | Entity.objects.filter(location=location)


def _refuse_foreign(entities: Any, location: str, refs: Mapping[str, Any]) -> None:
    for entity in entities:
        if entity.ref in refs and entity.location != location:
            raise ConflictError(
                f"{describe(entity.document)} ({entity.ref}) is already defined by another location: "
                "choose another name, or remove it there first."
            )


def _remove(entity_ids: Sequence[int]) -> None:
    if entity_ids:
        Entity.objects.filter(pk__in=entity_ids).delete()


def _write(drafts: Sequence[_Draft], location: str) -> None:
    """Write what changed. The upsert locks the rows, in the order of their references: then whose they are is sure."""
    if not drafts:
        return
    now = timezone.now()
    for draft in drafts:
        draft.entity.updated_at = now
    Entity.objects.bulk_create(
        [draft.entity for draft in drafts],
        update_conflicts=True,
        unique_fields=["ref"],
        update_fields=_WRITTEN,
    )
    refs = {draft.entity.ref: draft for draft in drafts}
    rows = Entity.objects.filter(ref__in=refs).only("pk", "ref", "uid", "location", "created_at", "document")
    stored = {entity.ref: entity for entity in rows}
    _refuse_foreign(stored.values(), location, refs)
    for draft in drafts:
        row = stored[draft.entity.ref]
        draft.entity.pk, draft.entity.uid, draft.entity.created_at = row.pk, row.uid, row.created_at
    _index(drafts)


def _index(drafts: Sequence[_Draft]) -> None:
    ids = [draft.entity.pk for draft in drafts]
    SearchEntry.objects.filter(entity__in=ids).delete()
    Relation.objects.filter(emitter__in=ids).delete()
    insert_rows(
        SearchEntry,
        ("entity_id", "key", "value", "original", "is_least"),
        [(d.entity.pk, *row) for d in drafts for row in flatten(d.entity.document, str(d.entity.uid))],
    )
    insert_rows(
        Relation,
        ("emitter_id", "source_ref", "type", "target_ref"),
        [(d.entity.pk, link.source_ref, link.type.value, link.target_ref) for d in drafts for link in d.links],
    )
