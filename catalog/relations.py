"""Derives the relations of an entity from its spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catalog.choices import OPPOSITE, Kind, RelationType
from catalog.refs import EntityRef, parse_ref
from portal.foundation.errors import FieldError, InputError

MAX_REF = 255


class Link(NamedTuple):
    """One direction of a relation."""

    source_ref: str
    type: RelationType
    target_ref: str


class _Field(NamedTuple):
    type: RelationType
    kind: str


_OWNER = {"owner": _Field(RelationType.OWNED_BY, "group")}
_SYSTEM = {"system": _Field(RelationType.PART_OF, "system")}
_NEEDS = {
    "dependsOn": _Field(RelationType.DEPENDS_ON, ""),
    "dependencyOf": _Field(RelationType.DEPENDENCY_OF, ""),
}

_FIELDS: dict[Kind, dict[str, _Field]] = {
    Kind.COMPONENT: {
        **_OWNER,
        **_SYSTEM,
        **_NEEDS,
        "subcomponentOf": _Field(RelationType.PART_OF, "component"),
        "providesApis": _Field(RelationType.PROVIDES_API, "api"),
        "consumesApis": _Field(RelationType.CONSUMES_API, "api"),
        "scaffoldedFrom": _Field(RelationType.SCAFFOLDED_FROM, "template"),
    },
    Kind.API: {**_OWNER, **_SYSTEM},
    Kind.RESOURCE: {**_OWNER, **_SYSTEM, **_NEEDS},
    Kind.SYSTEM: {**_OWNER, "domain": _Field(RelationType.PART_OF, "domain")},
    Kind.DOMAIN: {**_OWNER, "subdomainOf": _Field(RelationType.PART_OF, "domain")},
    Kind.GROUP: {
        "parent": _Field(RelationType.CHILD_OF, "group"),
        "children": _Field(RelationType.PARENT_OF, "group"),
        "members": _Field(RelationType.HAS_MEMBER, "user"),
    },
    Kind.USER: {"memberOf": _Field(RelationType.MEMBER_OF, "group")},
    Kind.TEMPLATE: _OWNER,
}


def derive(kind: Kind, ref: EntityRef, spec: Mapping[str, Any]) -> list[Link]:
    """Return both directions of every relation that `spec` states, without duplicates.

    A reference without a kind takes the one its field implies, one without a namespace the entity's own. A field that
    implies none (dependsOn) and a reference that is none raise InputError with the field's path.
    """
    links: dict[Link, None] = {}
    for path, field, text in _stated(kind, spec):
        target = _target(text, field, ref, path)
        links[Link(str(ref), field.type, target)] = None
        links[Link(target, OPPOSITE[field.type], str(ref))] = None
    return list(links)


def _stated(kind: Kind, spec: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], _Field, str]]:
    for name, field in _FIELDS.get(kind, {}).items():
        value = spec.get(name)
        if isinstance(value, str):
            yield ("spec", name), field, value
        elif isinstance(value, list):
            yield from ((("spec", name, index), field, item) for index, item in enumerate(value))


def _target(text: str, field: _Field, ref: EntityRef, path: tuple[str | int, ...]) -> str:
    try:
        target = str(parse_ref(text, kind=field.kind, namespace=ref.namespace))
    except InputError as error:
        raise InputError(f"{ref}: {error.message}", [FieldError(path, error.message, "format")]) from None
    if len(target) > MAX_REF:
        message = f"is longer than {MAX_REF} characters"
        raise InputError(f"{ref}: {path[1]} {message}", [FieldError(path, message, "maxLength")])
    return target
