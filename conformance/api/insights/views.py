"""The six paths of Tech Insights, answered from the last evaluation. A POST here is a read, as on every page view."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from conformance.api.insights import facts, wire
from conformance.api.insights.requests import (
    body_of,
    entities_of,
    entity_of,
    ids_of,
    moment_of,
    ref_from,
    ref_of,
    wanted_of,
)
from conformance.models import Service, Verdict
from portal.foundation.errors import GoldpathError, InputError, NotFoundError

BATCH = 200


class Checks(APIView):
    """GET checks: all checks."""

    throttle_scope = "read"

    def get(self, request: Request) -> Response:
        """Return every check with how to fix what it finds."""
        return Response(wire.all_checks())


class Run(APIView):
    """POST checks/run/<namespace>/<kind>/<name>: what the checks say of one entity."""

    throttle_scope = "read"

    def post(self, request: Request, namespace: str, kind: str, name: str) -> Response:
        """Return the stored results; none for an entity that was never scanned, as Backstage does without facts."""
        wanted = wanted_of(body_of(request), wire.known_ids())
        service = _scanned([ref_from(kind, namespace, name)]).first()
        found = _found([service.pk]).get(service.pk, []) if service else []
        return Response(list(wire.results(service, found, wanted)) if service else [])


class RunMany(APIView):
    """POST checks/run: what the checks say of many entities, or of all."""

    throttle_scope = "read"

    def post(self, request: Request) -> StreamingHttpResponse:
        """Return an item for each entity in the order asked for, made while it is sent: all may be ten thousand."""
        body = body_of(request)
        entities = entities_of(body)
        try:
            wanted, problem = wanted_of(body, wire.known_ids()), None
        except NotFoundError as error:
            wanted, problem = None, error
        items = _all(wanted) if not entities else _each(entities, wanted)
        if problem is not None:
            items = ({"entity": item["entity"], "error": _error(problem), "results": []} for item in items)
        return StreamingHttpResponse(_array(items), content_type="application/json; charset=utf-8")


class FactSchemas(APIView):
    """GET fact-schemas: what facts there are."""

    throttle_scope = "read"

    def get(self, request: Request) -> Response:
        """Return the schemas, or those whose ids are given."""
        ids = ids_of(request)
        return Response([schema for schema in facts.schemas() if ids is None or schema["id"] in ids])


class LatestFacts(APIView):
    """GET facts/latest: what is true of an entity now."""

    throttle_scope = "read"

    def get(self, request: Request) -> Response:
        """Return the facts by retriever; nothing for an entity that was never scanned."""
        ref, ids = str(entity_of(request)), ids_of(request)
        if ids is None:
            return _no_ids()
        service = _scanned([ref]).first()
        if service is None:
            return Response({})
        standings = Verdict.objects.filter(service=service).order_by("check_id").values_list("check_id", "standing")
        told = {facts.CHECKS: lambda: facts.of_verdicts(standings), facts.STANDING: lambda: facts.of_service(service)}
        shown = [retriever for retriever in facts.RETRIEVERS if retriever in ids]
        return Response({name: facts.row(name, service, service.evaluated_at, told[name]()) for name in shown})


class FactsInRange(APIView):
    """GET facts/range: what was true of an entity between two moments."""

    throttle_scope = "read"

    def get(self, request: Request) -> Response:
        """Return the rows by retriever, out of the history of the service."""
        ref, ids = str(entity_of(request)), ids_of(request)
        if ids is None:
            return _no_ids()
        start, end = moment_of(request, "startDatetime"), moment_of(request, "endDatetime")
        if start is None or end is None:
            field = "startDateTime" if start is None else "endDateTime"
            body = {"message": "Failed to parse datetime from request", "field": field, "value": None}
            return Response(body, status=422)
        service = _scanned([ref]).first()
        return Response(facts.between(service, ids, start, end) if service else {})


def _no_ids() -> Response:
    return Response({"error": "Failed to parse ids from request"}, status=422)


def _scanned(refs: Sequence[str] | None = None) -> Any:
    rows = Service.objects.filter(snapshot__isnull=False)
    return rows if refs is None else rows.filter(entity_ref__in=[ref for ref in refs if ref.isprintable()])


def _found(service_ids: Sequence[int]) -> dict[int, list[wire.Found]]:
    columns = ("service_id", "check_id", "level", "standing", "message", "evidence")
    rows = Verdict.objects.filter(service__in=service_ids, standing__in=tuple(facts.TRUTH))
    found: dict[int, list[wire.Found]] = {}
    for service_id, *rest in rows.order_by("service_id", "check_id").values_list(*columns):
        found.setdefault(service_id, []).append(wire.Found(*rest))
    return found


def _all(wanted: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    services = iter(_scanned().order_by("pk").iterator(chunk_size=BATCH))
    while batch := list(islice(services, BATCH)):
        yield from _items(batch, wanted)


def _items(batch: Sequence[Service], wanted: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    found = _found([service.pk for service in batch])
    for service in batch:
        results = list(wire.results(service, found.get(service.pk, []), wanted))
        yield {"entity": service.entity_ref, "results": results}


def _each(entities: Iterable[Any], wanted: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    asked = iter(entities)
    while batch := list(islice(asked, BATCH)):
        refs = [_ref_or_error(given) for given in batch]
        services = list(_scanned([ref for ref in refs if isinstance(ref, str)]))
        known = {item["entity"]: item for item in _items(services, wanted)}
        for given, ref in zip(batch, refs, strict=True):
            if isinstance(ref, str):
                yield known.get(ref) or {"entity": ref, "results": []}
            else:
                yield {"entity": _shown(given), "error": _error(ref), "results": []}


def _ref_or_error(given: Any) -> str | GoldpathError:
    try:
        return ref_of(given)
    except InputError as error:
        return error


def _error(error: GoldpathError) -> dict[str, str]:
    return {"name": error.name, "message": error.message}


def _shown(given: Any) -> str:
    """Return what came in place of an entity, so that the caller recognises it."""
    text = given if isinstance(given, str) else json.dumps(given)
    return text[:200]


def _array(items: Iterable[Any]) -> Iterator[str]:
    before = "["
    for item in items:
        yield before + json.dumps(item)
        before = ","
    yield "[]" if before == "[" else "]"
