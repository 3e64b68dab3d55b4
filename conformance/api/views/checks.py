"""Checks over REST, and what they say across the fleet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework.request import Request
from rest_framework.response import Response

from conformance import checks
from conformance.api.filters import VerdictFilter, refuse_unknown
from conformance.api.shapes.checks import CheckDetail, CheckShape, VerdictShape
from conformance.api.views.base import ListView, View
from conformance.choices import PolicyStatus
from conformance.examining.check import Check
from conformance.exports.links import check_url
from conformance.models import Policy, Verdict
from conformance.services import fleet
from portal.foundation.api.keyset import Key, number, text
from portal.foundation.errors import NotFoundError

MOST_FAILING = 50
_NONE = {"fail": 0, "error": 0, "waived": 0}


class Checks(View):
    """GET checks: all checks, by level, area and title."""

    refusals = {"GET": (400,)}

    @extend_schema(
        operation_id="checks_list", responses=inline_serializer("CheckList", {"items": CheckShape(many=True)})
    )
    def get(self, request: Request) -> Response:
        """Return every check with its help, and in how many services it does not pass."""
        refuse_unknown(request, ())
        counted = _counts(fleet.open_verdicts())
        rows = [_check(check, counted.get(check.id, {})) for check in checks.registry().values()]
        return Response({"items": CheckShape(rows, many=True).data})


class OneCheck(View):
    """GET checks/<id>: one check with the services that fail it."""

    @extend_schema(responses=CheckDetail)
    def get(self, request: Request, check_id: str) -> Response:
        """Return the check and the services in which it fails or is inconclusive, the longest first, 50 at most."""
        check = checks.registry().get(check_id)
        if check is None:
            raise NotFoundError(f"There is no check {ascii(check_id)[1:-1][:80]}.")
        open_ = fleet.open_verdicts().filter(check_id=check_id)
        failing = open_.filter(standing__in=("fail", "error")).select_related("service").order_by("since", "pk")
        shown = {
            **_check(check, _counts(open_).get(check_id, {})),
            "policyLevels": _policy_levels(check_id),
            "failing": [_failing(verdict) for verdict in failing[:MOST_FAILING]],
        }
        return Response(CheckDetail(shown).data)


class Verdicts(ListView):
    """GET verdicts: what every check says of every service now."""

    serializer_class = VerdictShape
    filterset_class = VerdictFilter
    default_sort = "service"
    orders = {"service": Key("service_id", number)}
    tie = "check_id"
    tie_read = staticmethod(text)

    def rows(self) -> QuerySet[Any]:
        """Return all verdicts, each with its service."""
        return Verdict.objects.select_related("service")


def _counts(open_: QuerySet[Verdict]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for check, standing, count in open_.values_list("check_id", "standing").annotate(number=Count("pk")):
        found.setdefault(check, {})[standing] = count
    return found


def _check(check: Check, counted: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title,
        "level": check.level.value,
        "area": check.area,
        "appliesTo": check.applies_to,
        "rationale": check.rationale,
        "fix": check.fix,
        "source": check.source,
        "counts": {**_NONE, **counted},
        "page": check_url(check.id),
    }


def _policy_levels(check_id: str) -> list[str]:
    policy = Policy.objects.filter(status=PolicyStatus.PUBLISHED).first()
    rules = policy.document["rules"] if policy else []
    return list(dict.fromkeys(rule["level"] for rule in rules if rule["check"] == check_id and rule["level"] != "none"))


def _failing(verdict: Verdict) -> dict[str, Any]:
    return {
        "entityRef": verdict.service.entity_ref,
        "owner": verdict.service.owner_ref,
        "level": verdict.level,
        "verdict": verdict.standing,
        "message": verdict.message,
        "since": verdict.since,
    }
