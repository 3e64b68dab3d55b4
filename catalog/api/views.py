"""Reads of entities over REST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import cursors
from catalog.api.parameters import (
    body_of,
    csv,
    limit_of,
    offset_of,
    query_of_body,
    query_of_url,
    texts,
    wants_count,
)
from catalog.models import Entity, fill_relations
from catalog.models.conditions import all_of, matches
from catalog.paging import Page, first_page, next_page
from catalog.queries import Query, parse_filters, predicate_condition
from catalog.refs import make_ref, parse_ref
from catalog.validation import is_safe_text
from catalog.wire import Wire, entity_json, needs_relations, projection
from portal.foundation.errors import InputError, NotFoundError

MAX_REFS = 1_000
MAX_FACETS = 50


class EntityByName(APIView):
    """GET entities/by-name/<kind>/<namespace>/<name>: one entity, or 404."""

    throttle_scope = "read"

    def get(self, request: Request, kind: str, namespace: str, name: str) -> Response:
        """Return the entity."""
        ref = make_ref(kind, namespace, name)
        entity = Entity.objects.filter(ref=ref).first() if is_safe_text(ref) else None
        if entity is None:
            raise NotFoundError(f"No entity {ascii(ref)[1:-1]} found")
        return Response(entity_json(entity))


class EntitiesByQuery(APIView):
    """GET and POST entities/by-query: a page of entities.

    With a cursor everything else but `fields` and `limit` is ignored, on either verb.
    """

    throttle_scope = "read"

    def get(self, request: Request) -> Response:
        """Answer a query of the address."""
        given = request.query_params
        project = _Projection(csv(request, "fields"))
        return _answer(given, lambda: query_of_url(request), project)

    def post(self, request: Request) -> Response:
        """Answer a query of the body, with a predicate."""
        body = body_of(request)
        return _answer(body, lambda: query_of_body(body), _Projection(texts(body.get("fields"), "fields")))


class EntitiesByRefs(APIView):
    """POST entities/by-refs: many entities in the order asked for, null for each that is missing."""

    throttle_scope = "read"

    def post(self, request: Request) -> Response:
        """Return the entities of `entityRefs` that pass the filter and the predicate."""
        body = body_of(request)
        refs = [_full_ref(ref) for ref in _refs(body.get("entityRefs"))]
        project = _Projection(texts(body.get("fields"), "fields"))
        condition = _condition(request, body)
        found = Entity.objects.filter(condition, ref__in={ref for ref in refs if ref}).order_by()
        entities = project.load(found)
        shown = {entity.ref: item for entity, item in zip(entities, project.show(entities), strict=True)}
        return Response({"items": [shown.get(ref) for ref in refs]})


class EntityFacets(APIView):
    """GET and POST entity-facets: how many entities have each value of a key."""

    throttle_scope = "read"

    def get(self, request: Request) -> Response:
        """Count by the `facet` parameters."""
        return _facets(request.query_params.getlist("facet"), _condition(request, {}))

    def post(self, request: Request) -> Response:
        """Count by the `facets` of the body, among what its predicate matches."""
        body = body_of(request)
        return _facets(body.get("facets"), _condition(request, body))


class _Projection:
    """Loads no more of the entities than `fields` show."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._project = projection(fields)
        self._needs_relations = needs_relations([field for field in fields if field])

    def load(self, entities: Any) -> list[Entity]:
        rows = list(entities)
        return fill_relations(rows) if self._needs_relations else rows

    def show(self, entities: Sequence[Entity]) -> list[Wire]:
        return [self._project(entity) for entity in entities]


def _answer(given: Any, query: Callable[[], Query], project: _Projection) -> Response:
    limit = limit_of(given.get("limit"))
    cursor = given.get("cursor")
    if cursor:
        page = next_page(cursors.decode(str(cursor)), limit=limit)
    else:
        count = wants_count(given.get("totalItems"))
        page = first_page(query(), limit=limit, offset=offset_of(given.get("offset")), count=count)
    items = project.show(project.load(page.items))
    return Response({"items": items, "totalItems": page.total, "pageInfo": _page_info(page)})


def _page_info(page: Page) -> dict[str, str]:
    pairs = {"nextCursor": page.next_cursor, "prevCursor": page.prev_cursor}
    return {name: cursor.encode() for name, cursor in pairs.items() if cursor is not None}


def _refs(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(ref, str) for ref in given):
        raise InputError("Invalid entityRefs: it must be a list of entity references.")
    if len(given) > MAX_REFS:
        raise InputError(f"Invalid entityRefs: ask for at most {MAX_REFS:,} at a time.")
    return given


def _full_ref(text: str) -> str:
    if len(text) > 255 or not is_safe_text(text):
        return ""
    try:
        return str(parse_ref(text))
    except InputError:
        return ""


def _condition(request: Request, body: Any) -> Q:
    conditions = [matches(parse_filters(request.query_params.getlist("filter")))]
    if "query" in body:
        conditions.append(predicate_condition(body["query"]))
    return all_of(conditions)


def _facets(given: Any, condition: Q) -> Response:
    keys = texts(given, "facet")
    if not keys:
        raise InputError("Missing facet parameter")
    if len(keys) > MAX_FACETS:
        raise InputError(f"Ask for at most {MAX_FACETS} facets at a time.")
    counted = Entity.objects.filter(condition).facets(keys)
    facets = {key: [{"value": value, "count": count} for value, count in values] for key, values in counted.items()}
    return Response({"facets": facets})
