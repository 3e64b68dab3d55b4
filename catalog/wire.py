"""Entities in Backstage's wire shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from catalog.models import Entity
from portal.foundation.errors import InputError

Wire = dict[str, Any]


def entity_json(entity: Entity) -> Wire:
    """Return the entity as Backstage's clients read it, with relations sorted by type and target.

    Reads the relations unless `with_relations` did already.
    """
    relations = [{"type": type_, "targetRef": target} for type_, target in entity.relations]
    return {**_document(entity), "relations": relations}


def projection(fields: Sequence[str]) -> Callable[[Entity], Wire]:
    """Return a function that gives of an entity's wire shape what `fields` name; all of it when there are none.

    A field is a dotted path or a prefix of one; keys that hold dots, as annotations do, are found too. Raises
    InputError for a field with `[`.
    """
    wanted = [field.strip() for field in fields if field.strip()]
    if any("[" in field for field in wanted):
        raise InputError("Invalid field: array items cannot be selected, leave out the part from [ on.")
    if not wanted:
        return entity_json

    def project(entity: Entity) -> Wire:
        whole = entity_json(entity) if needs_relations(wanted) else _document(entity)
        chosen: Wire = {}
        for field in wanted:
            _copy(whole, field.split("."), chosen)
        return chosen

    return project


def needs_relations(fields: Sequence[str]) -> bool:
    """Tell whether a projection to `fields` shows relations."""
    return not fields or any(field.split(".")[0] == "relations" for field in fields)


def _document(entity: Entity) -> Wire:
    document = entity.document
    metadata = {"namespace": entity.namespace, **document["metadata"], "uid": str(entity.uid), "etag": entity.etag}
    return {**document, "metadata": metadata}


def _copy(source: Mapping[str, Any], parts: list[str], into: Wire) -> None:
    for end in range(1, len(parts) + 1):
        key, rest = ".".join(parts[:end]), parts[end:]
        if key not in source:
            continue
        if not rest:
            into[key] = source[key]
        elif isinstance(source[key], Mapping):
            inner = into.setdefault(key, {})
            if inner is not source[key]:
                _copy(source[key], rest, inner)
            if not inner:
                del into[key]
        return
