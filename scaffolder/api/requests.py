"""Reads what requests carry, and refuses what cannot be meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from catalog.refs import parse_ref
from catalog.services import actor_for
from portal.foundation.actors import Actor
from portal.foundation.auth import account_of
from portal.foundation.errors import InputError
from scaffolder.api.wire import STATUSES
from scaffolder.models import Run

MAX_DRY_RUN_BODY = 10 * 1024 * 1024
DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
MAX_INTEGER = 2**63 - 1
ORDERS = {"created_at": "created_at", "status": "status", "created_by": "actor_ref"}


def actor_of(request: Request) -> Actor:
    """Return who asks."""
    return actor_for(account_of(request))


def body_of(request: Request) -> Mapping[str, Any]:
    """Return the JSON object of the body, `{}` when there is none; anything else raises InputError."""
    try:
        data = request.data
    except RecursionError:
        raise InputError("The body is nested too deep.") from None
    if not data:
        return {}
    if not isinstance(data, Mapping):
        raise InputError("The body must be a JSON object.")
    return data


def values_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answers in a body. Secrets are refused as long as no template declares any: none may get lost."""
    values = body.get("values", {})
    if not isinstance(values, Mapping):
        raise InputError("values must be an object of answers.")
    secrets_of(body)
    return values


def secrets_of(body: Mapping[str, Any]) -> None:
    """Raise InputError when the body carries secrets."""
    if body.get("secrets"):
        raise InputError("No template of this portal asks for secrets: send none.")


def text_of(body: Mapping[str, Any], name: str) -> str:
    """Return a text of the body, or raise InputError."""
    found = body.get(name)
    if not isinstance(found, str) or not found:
        raise InputError(f"{name} must be given, as text.")
    return found


def after_of(request: Request) -> int | None:
    """Return the id after which events are asked for; None when not given."""
    text = request.query_params.get("after", "")
    return None if text in {"", "undefined", "null"} else _integer(text, "after")


def page_of(request: Request, runs: QuerySet[Run]) -> tuple[QuerySet[Run], int]:
    """Return the page of `runs` that the address asks for, and how many there are on all pages."""
    asked = request.query_params
    if owners := asked.getlist("createdBy"):
        runs = runs.filter(actor_ref__in=[str(parse_ref(owner, kind="user")) for owner in owners])
    if words := asked.getlist("status"):
        runs = runs.filter(status__in=[status for word in words for status in _statuses(word)])
    orders = [_order(text) for text in asked.getlist("order")] or ["-created_at"]
    limit = min(_integer(asked["limit"], "limit"), MAX_LIMIT) if "limit" in asked else DEFAULT_LIMIT
    offset = _integer(asked.get("offset", "0"), "offset")
    return runs.order_by(*orders, "pk")[offset : offset + limit], runs.count()


def _statuses(word: str) -> tuple[str, ...]:
    if word not in STATUSES:
        raise InputError(f"Invalid status: use one of {', '.join(STATUSES)}.")
    return STATUSES[word]


def _order(text: str) -> str:
    direction, _, name = text.partition(":")
    if direction not in {"asc", "desc"} or name not in ORDERS:
        raise InputError("Invalid order: write asc: or desc: and created_at, status or created_by.")
    return ORDERS[name] if direction == "asc" else f"-{ORDERS[name]}"


def _integer(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > MAX_INTEGER:
        raise InputError(f"Invalid {name}: it must be a whole number.")
    return int(text)
