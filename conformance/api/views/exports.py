"""Exports over REST: SARIF, Scorecard JSON, the badge, and the services as CSV or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from conformance import exports
from conformance.api.filters import ServiceFilter, StrictBackend
from conformance.api.requests import service_of
from conformance.api.views.base import View
from conformance.models import Service

BADGE_SECONDS = 60


class OneForm(BaseContentNegotiation):
    """Each of these addresses has one form, whatever a client says it accepts: an image, a download."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the renderer for errors."""
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class MayReadBadge(IsAuthenticated):
    """Lets everybody read badges where repositories may be read without signing in; a README sends no token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether the badge may be shown."""
        return bool(settings.GOLDPATH_ANONYMOUS_GIT_READ or super().has_permission(request, view))


class Sarif(View):
    """GET services/<namespace>/<name>/sarif: findings for code scanning."""

    content_negotiation_class = OneForm

    @extend_schema(responses={(200, "application/sarif+json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """Return what fails in the last scanned commit, as SARIF 2.1.0."""
        service = service_of(namespace, name, _whole())
        return HttpResponse(json.dumps(exports.sarif(service)), content_type="application/sarif+json")


class Scorecard(View):
    """GET services/<namespace>/<name>/scorecard: verdicts in OpenSSF Scorecard's JSON."""

    content_negotiation_class = OneForm

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """Return the verdicts in the JSON of OpenSSF Scorecard, version 2."""
        service = service_of(namespace, name, _whole())
        return HttpResponse(json.dumps(exports.scorecard(service)), content_type="application/json; charset=utf-8")


class Badge(View):
    """GET services/<namespace>/<name>/badge.svg: the level for a README."""

    permission_classes = (MayReadBadge,)
    content_negotiation_class = OneForm

    @extend_schema(responses={(200, "image/svg+xml"): OpenApiTypes.STR})
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """Return the level as an SVG; without a token only where repositories may be read without one."""
        content = exports.badge(service_of(namespace, name))
        whose = "public" if settings.GOLDPATH_ANONYMOUS_GIT_READ else "private"
        headers = {"Cache-Control": f"{whose}, max-age={BADGE_SECONDS}"}
        return HttpResponse(content, content_type="image/svg+xml", headers=headers)


class _Rows(View, GenericAPIView[Any]):
    """All services that fit the filters, in one answer that is made while it is sent."""

    content_negotiation_class = OneForm
    filter_backends = (StrictBackend,)
    filterset_class = ServiceFilter
    pagination_class = None

    def get_queryset(self) -> QuerySet[Any]:
        """Return all services."""
        return Service.objects.order_by("name", "namespace")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows."""
        return exports.service_rows(self.filter_queryset(self.get_queryset()))


class ServicesCsv(_Rows):
    """GET exports/services.csv: services for a spreadsheet."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, filters=True)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Return all services that fit the filters as CSV, disarmed for spreadsheets."""
        return _download(exports.csv_lines(self.rows()), "text/csv; charset=utf-8", "services.csv")


class ServicesJson(_Rows):
    """GET exports/services.json: services for a script."""

    @extend_schema(responses={(200, "application/json"): {"type": "array", "items": {"type": "object"}}}, filters=True)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Return all services that fit the filters as one JSON array."""
        return _download(exports.json_lines(self.rows()), "application/json; charset=utf-8", "services.json")


def _whole() -> QuerySet[Service]:
    return Service.objects.select_related("snapshot", "repository").defer("snapshot__results", "snapshot__files")


def _download(lines: Iterator[str], content_type: str, name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type=content_type, headers=headers)
