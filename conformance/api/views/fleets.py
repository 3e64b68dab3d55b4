"""Fleets over REST: what the services that fit the filters come to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from conformance.api.filters import ServiceFilter, StrictBackend
from conformance.api.shapes.fleets import FleetShape
from conformance.api.summaries import summary
from conformance.api.views.base import View
from conformance.models import Service


class Fleets(View, GenericAPIView[Any]):
    """GET fleets: levels, trend, drift, versions, worst checks and teams of a fleet."""

    filter_backends = (StrictBackend,)
    filterset_class = ServiceFilter
    pagination_class = None
    serializer_class = FleetShape

    def get_queryset(self) -> QuerySet[Any]:
        """Return all services."""
        return Service.objects.all()

    @extend_schema(responses=FleetShape, filters=True)
    def get(self, request: Request) -> Response:
        """Return the summary of the services that fit the filters; the trend holds 90 days, the present last."""
        return Response(FleetShape(summary(self.filter_queryset(self.get_queryset()))).data)
