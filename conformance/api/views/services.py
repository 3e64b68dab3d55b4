"""Services over REST: the list, one with its verdicts, its snapshots, history and files, and scans on demand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from conformance.api.filters import DriftFilter, ServiceFilter, SnapshotFilter
from conformance.api.requests import actor_of, body_of, service_of, whole_of
from conformance.api.shapes.services import (
    DriftedFileShape,
    EvaluationShape,
    ScanRequest,
    ServiceDetail,
    ServiceShape,
    SnapshotDetail,
    SnapshotShape,
)
from conformance.api.shapes.waivers import Nothing
from conformance.api.views.base import ListView, View
from conformance.examining.terms import Level
from conformance.models import DriftedFile, Evaluation, Service, Snapshot, Verdict
from portal.foundation.api.keyset import Key, moment, number
from portal.foundation.errors import NotAllowedError, NotFoundError

_NEVER = Value(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
_RANK = Case(
    *[When(level=level.value, then=Value(level.rank)) for level in Level], default=0, output_field=IntegerField()
)


class Services(ListView):
    """GET services: all services, or those that fit the filters."""

    serializer_class = ServiceShape
    filterset_class = ServiceFilter
    default_sort = "name"
    orders = {
        "name": Key("name"),
        "level": Key(_RANK, number),
        "score": Key("score", number),
        "failed": Key("failed", number),
        "departed": Key(F("drifted") + F("weakened") + F("missing") + F("forked"), number),
        "versionsBehind": Key("versions_behind", number),
        "committedAt": Key(Coalesce("committed_at", _NEVER), moment),
        "evaluatedAt": Key(Coalesce("evaluated_at", _NEVER), moment),
    }

    def rows(self) -> QuerySet[Any]:
        """Return all services."""
        return Service.objects.all()


class OneService(View):
    """GET services/<namespace>/<name>: one service with its verdicts."""

    @extend_schema(responses=ServiceDetail)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Return the service: level, score, drift, and what every check that the policy asks says, with evidence."""
        snapshot = Service.objects.select_related("policy", "snapshot").defer("snapshot__results", "snapshot__files")
        service = service_of(namespace, name, snapshot)
        verdicts = list(Verdict.objects.filter(service=service).order_by("check_id"))
        return Response(ServiceDetail(service, context={"verdicts": verdicts}).data)


class Scan(View):
    """POST services/<namespace>/<name>/scan: asks for a scan."""

    refusals = {"POST": (400, 403, 404)}

    @extend_schema(request=Nothing, responses={202: ScanRequest})
    def post(self, request: Request, namespace: str, name: str) -> Response:
        """Ask for a scan. Members of the owning team may; asking twice before a worker comes is one scan."""
        from conformance.services import scans  # late: what only reads never loads the engine

        body_of(request, Nothing)
        service = service_of(namespace, name)
        if not actor_of(request).may_act_for(service.owner_ref):
            raise NotAllowedError(f"Only members of {service.owner_ref or 'the owning team'} ask for scans of it.")
        scans.request_scan(service)
        service.refresh_from_db(fields=["scan_requested_at"])
        return Response(ScanRequest(service).data, status=202)


class OfService(ListView):
    """A list of what belongs to one service."""

    def service(self) -> Service:
        """Return the service of the address."""
        return service_of(self.kwargs["namespace"], self.kwargs["name"])


class Snapshots(OfService):
    """GET services/<namespace>/<name>/snapshots: what was found in each commit, without the results."""

    serializer_class = SnapshotShape
    filterset_class = SnapshotFilter
    default_sort = "-committedAt"
    orders = {"committedAt": Key("committed_at", moment)}

    def rows(self) -> QuerySet[Any]:
        """Return the snapshots of the service, without their largest columns."""
        return Snapshot.objects.filter(service=self.service()).defer("results", "files")


class OneSnapshot(View):
    """GET services/<namespace>/<name>/snapshots/<id>: one snapshot with its results."""

    @extend_schema(responses=SnapshotDetail)
    def get(self, request: Request, namespace: str, name: str, snapshot_id: str) -> Response:
        """Return what every check said of the commit, whatever the policy asks for."""
        rows = Snapshot.objects.filter(service=service_of(namespace, name), pk=whole_of(snapshot_id, "snapshot"))
        found = rows.first()
        if found is None:
            raise NotFoundError(f"There is no snapshot {snapshot_id} of {namespace}/{name}: old ones are forgotten.")
        return Response(SnapshotDetail(found).data)


class Evaluations(OfService):
    """GET services/<namespace>/<name>/evaluations: level and score over time."""

    serializer_class = EvaluationShape
    default_sort = "-at"
    orders = {"at": Key("at", moment)}

    def rows(self) -> QuerySet[Any]:
        """Return the history of the service."""
        return Evaluation.objects.filter(service=self.service()).select_related("policy").defer("policy__document")


class Drift(OfService):
    """GET services/<namespace>/<name>/drift: the files that departed from their render, or are behind."""

    serializer_class = DriftedFileShape
    filterset_class = DriftFilter
    default_sort = "path"
    orders = {"path": Key("path")}

    def rows(self) -> QuerySet[Any]:
        """Return the files of the service."""
        self.found = self.service()
        return DriftedFile.objects.filter(service=self.found)

    def get_serializer_context(self) -> dict[str, Any]:
        """Return the context with the service, whose files are linked."""
        return {**super().get_serializer_context(), "service": getattr(self, "found", None)}
