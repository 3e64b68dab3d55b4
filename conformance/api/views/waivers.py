"""Waivers over REST: asking, deciding, taking back, ending."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from conformance.api.filters import WaiverFilter
from conformance.api.requests import actor_of, body_of, service_by_ref, whole_of, wire_names
from conformance.api.shapes.waivers import Decision, NewWaiver, Nothing, Reason, WaiverShape
from conformance.api.views.base import ListView, View
from conformance.models import Waiver
from conformance.services import waivers
from portal.foundation.api.keyset import Key, moment


class Waivers(ListView):
    """GET waivers: all of them. POST waivers: asks for one."""

    refusals = {"POST": (403, 404, 409)}
    serializer_class = WaiverShape
    filterset_class = WaiverFilter
    default_sort = "-createdAt"
    orders = {"createdAt": Key("created_at", moment), "expiresAt": Key("expires_at", moment)}

    def rows(self) -> QuerySet[Any]:
        """Return all waivers, each with its service."""
        return Waiver.objects.select_related("service")

    @extend_schema(request=NewWaiver, responses={201: WaiverShape}, filters=False, parameters=[])
    def post(self, request: Request) -> Response:
        """Ask for a waiver of a check that fails now. Members of the owning team may; somebody else decides."""
        body = body_of(request, NewWaiver)
        service = service_by_ref(body["service"])
        with wire_names():
            made = waivers.request(
                actor_of(request), service, body["check"], body["path"], body["reason"], body["expiresAt"]
            )
        return Response(WaiverShape(made).data, status=201)


class OneWaiver(View):
    """GET waivers/<id>: one waiver."""

    @extend_schema(responses=WaiverShape)
    def get(self, request: Request, waiver_id: str) -> Response:
        """Return the waiver."""
        return Response(WaiverShape(_find(waiver_id)).data)


class Approve(View):
    """POST waivers/<id>/approve."""

    refusals = {"POST": (403, 409)}

    @extend_schema(request=Decision, responses=WaiverShape)
    def post(self, request: Request, waiver_id: str) -> Response:
        """Approve a request: the failure counts as waived from now on. Never for the person who asked."""
        waiver, body = _find(waiver_id), body_of(request, Decision)
        return Response(WaiverShape(waivers.approve(actor_of(request), waiver, body["decision"])).data)


class Reject(View):
    """POST waivers/<id>/reject."""

    refusals = {"POST": (403, 409)}

    @extend_schema(request=Reason, responses=WaiverShape)
    def post(self, request: Request, waiver_id: str) -> Response:
        """Reject a request, with the reason. Never for the person who asked."""
        waiver, body = _find(waiver_id), body_of(request, Reason)
        return Response(WaiverShape(waivers.reject(actor_of(request), waiver, body["decision"])).data)


class Withdraw(View):
    """POST waivers/<id>/withdraw."""

    refusals = {"POST": (403, 409)}

    @extend_schema(request=Nothing, responses=WaiverShape)
    def post(self, request: Request, waiver_id: str) -> Response:
        """Take a request back that nobody has decided; only the person who asked may."""
        body_of(request, Nothing)
        return Response(WaiverShape(waivers.withdraw(actor_of(request), _find(waiver_id))).data)


class Revoke(View):
    """POST waivers/<id>/revoke."""

    refusals = {"POST": (403, 409)}

    @extend_schema(request=Reason, responses=WaiverShape)
    def post(self, request: Request, waiver_id: str) -> Response:
        """End an approved waiver before its date, with the reason: the failure counts again."""
        waiver, body = _find(waiver_id), body_of(request, Reason)
        return Response(WaiverShape(waivers.revoke(actor_of(request), waiver, body["decision"])).data)


def _find(waiver_id: str) -> Waiver:
    return waivers.find(whole_of(waiver_id, "waiver"))
