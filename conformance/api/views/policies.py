"""Policies over REST: their versions, drafts, publishing, and what a version would change."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from conformance.api.filters import PolicyFilter, refuse_unknown
from conformance.api.requests import actor_of, body_of, whole_of
from conformance.api.shapes.policies import (
    ChangedPolicy,
    NewPolicy,
    PolicyDetail,
    PolicyShape,
    Publication,
    WhatIfShape,
)
from conformance.api.views.base import ListView, View
from conformance.documents import MOST_BYTES
from conformance.models import Policy
from conformance.services import policies
from conformance.services.what_if import what_if
from portal.foundation.api.keyset import Key
from portal.foundation.api.keyset import number as whole

_BODY = 2 * MOST_BYTES


class Policies(ListView):
    """GET policies: all versions. POST policies: makes a draft."""

    refusals = {"POST": (403, 409)}
    serializer_class = PolicyShape
    filterset_class = PolicyFilter
    default_sort = "-number"
    orders = {"number": Key("number", whole)}
    max_body_bytes = _BODY

    def rows(self) -> QuerySet[Any]:
        """Return all versions, without their documents."""
        return Policy.objects.defer("document")

    @extend_schema(request=NewPolicy, responses={201: PolicyDetail}, filters=False, parameters=[])
    def post(self, request: Request) -> Response:
        """Make a draft. Platform engineers may; nothing changes for any service until it is published."""
        body = body_of(request, NewPolicy)
        made = policies.create_draft(actor_of(request), body["document"], body["note"])
        return Response(PolicyDetail(made).data, status=201)


class OnePolicy(View):
    """GET, PUT and DELETE policies/<number>: one version."""

    refusals = {"PUT": (403, 409), "DELETE": (403, 409)}
    max_body_bytes = _BODY

    @extend_schema(responses=PolicyDetail)
    def get(self, request: Request, number: str) -> Response:
        """Return the version with its document."""
        return Response(PolicyDetail(_find(number)).data)

    @extend_schema(request=ChangedPolicy, responses=PolicyDetail)
    def put(self, request: Request, number: str) -> Response:
        """Replace what a draft says; a published version never changes."""
        policy, body = _find(number), body_of(request, ChangedPolicy)
        changed = policies.update_draft(actor_of(request), policy, body["document"], body["note"], seen=body["digest"])
        return Response(PolicyDetail(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, number: str) -> Response:
        """Discard a draft."""
        policies.discard(actor_of(request), _find(number))
        return Response(status=204)


class Publish(View):
    """POST policies/<number>/publish: makes a draft the policy that holds."""

    refusals = {"POST": (403, 409)}

    @extend_schema(request=Publication, responses=PolicyDetail)
    def post(self, request: Request, number: str) -> Response:
        """Publish the draft: workers grade all services anew, from what is stored."""
        policy, body = _find(number), body_of(request, Publication)
        return Response(PolicyDetail(policies.publish(actor_of(request), policy, over=body["over"])).data)


class WhatIf(View):
    """GET policies/<number>/what-if: who would rise or fall under a version."""

    refusals = {"GET": (400,)}
    throttle_scope = "dry-run"

    @extend_schema(responses=WhatIfShape)
    def get(self, request: Request, number: str) -> Response:
        """Try the version on the stored snapshots of all services; nothing is scanned and nothing changes."""
        refuse_unknown(request, ())
        return Response(WhatIfShape(what_if(_find(number))).data)


def _find(number: str) -> Policy:
    return policies.find(whole_of(number, "version of the policy:"))
