"""Reads what Backstage's client sends, the way its own backend does."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from catalog.refs import EntityRef, parse_ref
from portal.foundation.errors import InputError, NotFoundError

MOST_ENTITIES = 5_000
MOST_IDS = 500
_IDS = re.compile(r"ids(\[\d{0,4}\])?")


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the JSON object of the body, `{}` when there is none; anything else raises InputError."""
    try:
        data = request.data
    except RecursionError:
        raise InputError("The body is nested too deep.") from None
    if not isinstance(data, Mapping):
        raise InputError("The body must be a JSON object.")
    return data


def wanted_of(body: Mapping[str, Any], known: frozenset[str]) -> frozenset[str] | None:
    """Return the checks that are asked for, None for all; one that there is not raises NotFoundError."""
    given = body.get("checks")
    if given is None:
        return None
    if not isinstance(given, list) or len(given) > MOST_IDS or not all(isinstance(each, str) for each in given):
        raise InputError("checks must be a list of ids of checks.")
    for check in given:
        if check not in known:
            raise NotFoundError(f"Tech insight check with id '{ascii(check)[1:-1][:80]}' is not registered.")
    return frozenset(given)


def entities_of(body: Mapping[str, Any]) -> list[Any]:
    """Return what is asked for, as it came; an empty list means all."""
    given = body.get("entities")
    if not isinstance(given, list):
        raise InputError("entities must be a list of entities; an empty one asks for all.")
    if len(given) > MOST_ENTITIES:
        raise InputError(f"Ask for at most {MOST_ENTITIES:,} entities at a time, or for all with an empty list.")
    return given


def ref_of(given: Any) -> str:
    """Return the reference of an entity that came as text or as an object of kind, namespace and name."""
    if isinstance(given, Mapping):
        return ref_from(given.get("kind"), given.get("namespace", "default"), given.get("name"))
    if not isinstance(given, str):
        raise InputError("An entity is an object of kind, namespace and name, or a reference.")
    return str(parse_ref(given))


def ref_from(kind: Any, namespace: Any, name: Any) -> str:
    """Return the reference of a kind, a namespace and a name."""
    parts = (kind, namespace, name)
    if not all(isinstance(part, str) and part for part in parts):
        raise InputError("An entity has a kind, a namespace and a name.")
    return str(parse_ref(f"{kind}:{namespace}/{name}"))


def entity_of(request: Request) -> EntityRef:
    """Return the entity of the address."""
    given = request.query_params.get("entity")
    if not given:
        raise InputError("Give the entity, such as entity=component:default/ledger.")
    return parse_ref(given)


def ids_of(request: Request) -> list[str] | None:
    """Return the ids of the address, in any of the forms in which they are sent; None when there are none."""
    names = [name for name in request.query_params if _IDS.fullmatch(name)]
    found = [value for name in names for value in request.query_params.getlist(name) if value]
    return found or None


def moment_of(request: Request, name: str) -> dt.datetime | None:
    """Return a time of the address, in UTC unless it says otherwise; None when it is missing or none."""
    text = request.query_params.get(name, "").strip()
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = dt.datetime.combine(day, dt.time())
    except ValueError:
        return None
    return found.replace(tzinfo=dt.UTC) if found is not None and found.tzinfo is None else found
