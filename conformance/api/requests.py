"""Reads what requests carry, and finds what they name."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from catalog.refs import parse_ref
from catalog.services import actor_for
from conformance.models import Service
from portal.foundation.actors import Actor
from portal.foundation.auth import account_of
from portal.foundation.errors import InputError, NotFoundError

Body = TypeVar("Body", bound=serializers.Serializer[Any])


def actor_of(request: Request) -> Actor:
    """Return who asks."""
    return actor_for(account_of(request))


def service_of(namespace: str, name: str, rows: QuerySet[Service] | None = None) -> Service:
    """Return a service by its place in the catalog; NotFoundError when no template made one of that name."""
    found = _first(Service.objects.all() if rows is None else rows, f"component:{namespace}/{name}".lower())
    if found is None:
        raise NotFoundError(f"There is no service {ascii(f'{namespace}/{name}')[1:-1][:140]}.")
    return found


def service_by_ref(ref: str) -> Service:
    """Return a service by its entity reference, such as `component:default/ledger`."""
    parsed = parse_ref(ref, kind="component")
    found = _first(Service.objects.all(), str(parsed))
    if found is None:
        raise NotFoundError(f"There is no service {ascii(str(parsed))[1:-1]}.")
    return found


def body_of(request: Request, shape: type[Body]) -> dict[str, Any]:
    """Return the body as `shape` reads it; anything else raises a refusal that names each field.

    A field that `shape` does not know is refused: it would be lost without a word.
    """
    try:
        data = request.data
    except RecursionError:
        raise InputError("The body is nested too deep.") from None
    if not isinstance(data, dict):
        raise InputError("The body must be a JSON object.")
    found = shape(data=data)
    unknown = sorted(set(data) - set(found.fields))
    if unknown:
        known = ", ".join(found.fields) or "none"
        raise InputError(f"Unknown field {ascii(unknown[0])[1:-1][:60]}: the fields are {known}.")
    found.is_valid(raise_exception=True)
    values: dict[str, Any] = found.validated_data
    return values


@contextmanager
def wire_names() -> Iterator[None]:
    """Name refused values as the wire does, not as the services do."""
    try:
        yield
    except InputError as error:
        fields = [replace(each, path=tuple(map(_camel, each.path))) for each in error.fields]
        raise InputError(error.message, fields) from None


def uuid_of(text: str) -> uuid.UUID:
    """Return an id, or NotFoundError for what is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFoundError("There is nothing with this id.") from None


def whole_of(text: str, what: str) -> int:
    """Return a number of the address; what is none, or too large for any row, raises NotFoundError."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFoundError(f"There is no {what} {ascii(text)[1:-1][:20]}.")
    return int(text)


def _camel(part: str | int) -> str | int:
    if isinstance(part, int):
        return part
    first, *others = part.split("_")
    return first + "".join(word.capitalize() for word in others)


def _first(rows: QuerySet[Service], ref: str) -> Service | None:
    return rows.filter(entity_ref=ref).first() if ref.isprintable() else None
