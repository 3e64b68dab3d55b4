"""Services, their snapshots, history and files."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from conformance.api.shapes.base import Shape, WireTime, counts
from conformance.choices import DRIFTS, LEVELS, OUTCOMES, STANDINGS
from conformance.examining.terms import LEVELS as RANKS
from conformance.examining.terms import Level
from conformance.exports.links import file_url, portal_url, service_url
from conformance.exports.rules import rule
from conformance.models import DriftedFile, Service, Verdict

DriftCounts = counts("DriftCounts", [drift for drift, _ in DRIFTS], "The files of the commit by drift class.")
StandingCounts = counts(
    "StandingCounts", [each for each, _ in STANDINGS], "The checks that the policy asks, by verdict."
)


class Links(Shape):
    """Where people find more."""

    page = serializers.URLField()
    badge = serializers.URLField()


class ServiceShape(Shape):
    """A service and how it stands."""

    entityRef = serializers.CharField(source="entity_ref")
    namespace = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField()
    owner = serializers.CharField(source="owner_ref", help_text="An entity reference; empty when nobody owns it.")
    system = serializers.CharField(source="system_ref")
    type = serializers.CharField()
    lifecycle = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    template = serializers.CharField(source="template_ref")
    version = serializers.CharField(source="template_version")
    versionsBehind = serializers.IntegerField(source="versions_behind")
    level = serializers.ChoiceField(choices=LEVELS)
    score = serializers.IntegerField(min_value=0, max_value=100, help_text="The weighted share of what passes.")
    isHeld = serializers.BooleanField(source="is_held", help_text="Errors kept the level as it was.")
    counts = StandingCounts(source="standing_counts")
    drift = DriftCounts(source="drift_counts")
    commit = serializers.CharField(help_text="Empty until the first scan.")
    committedAt = WireTime(source="committed_at", allow_null=True)
    evaluatedAt = WireTime(source="evaluated_at", allow_null=True)
    problem = serializers.CharField(help_text="Why the repository could not be scanned; empty when it could.")
    links = serializers.SerializerMethodField()

    @extend_schema_field(Links)
    def get_links(self, service: Service) -> dict[str, str]:
        """Return the page and the badge."""
        place = f"{service.namespace}/{service.name}"
        return {
            "page": service_url(service),
            "badge": f"{portal_url()}/api/goldpath/v1/services/{place}/badge.svg",
        }


class EvidenceShape(Shape):
    """A place that shows why."""

    path = serializers.CharField()
    line = serializers.IntegerField(help_text="From 1; 0 for the whole file.")
    sha = serializers.CharField(help_text="The blob's id; empty for a file that is not there.")
    excerpt = serializers.CharField(help_text="The text of the line, secrets struck out.")
    note = serializers.CharField()


class ResultShape(Shape):
    """What a check said of a commit, before any policy or waiver."""

    check = serializers.CharField()
    verdict = serializers.ChoiceField(choices=OUTCOMES)
    message = serializers.CharField()
    evidence = EvidenceShape(many=True)


class ServiceEvidence(EvidenceShape):
    """A place that shows why, with its address in the repository browser."""

    url = serializers.CharField()


class ServiceVerdict(Shape):
    """What holds of one check now, under the policy and the waivers."""

    check = serializers.CharField(source="check_id")
    title = serializers.SerializerMethodField()
    level = serializers.ChoiceField(choices=LEVELS)
    verdict = serializers.ChoiceField(source="standing", choices=STANDINGS)
    message = serializers.CharField()
    evidence = serializers.SerializerMethodField()
    since = WireTime()
    waiver = serializers.IntegerField(source="waiver_id", allow_null=True)

    def get_title(self, verdict: Verdict) -> str:
        """Return the title of the check."""
        return rule(verdict.check_id).title

    @extend_schema_field(ServiceEvidence(many=True))
    def get_evidence(self, verdict: Verdict) -> list[dict[str, Any]]:
        """Return the evidence with addresses of files that are there."""
        service: Service = self.context["service"]
        return [_evidence(service, each) for each in verdict.evidence]


class NextLevel(Shape):
    """The level above, and the checks that stand between."""

    level = serializers.ChoiceField(choices=[(level.value, level.value) for level in RANKS])
    checks = serializers.ListField(child=serializers.CharField())


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A silver service",
            value={
                "entityRef": "component:default/ledger",
                "namespace": "default",
                "name": "ledger",
                "title": "Ledger",
                "owner": "group:default/payments",
                "system": "system:default/checkout",
                "type": "service",
                "lifecycle": "production",
                "tags": ["go"],
                "template": "template:default/go-blank-service",
                "version": "1.2.0",
                "versionsBehind": 1,
                "level": "silver",
                "score": 94,
                "isHeld": False,
                "counts": {"pass": 38, "fail": 1, "error": 0, "waived": 1, "not-applicable": 4},
                "drift": {
                    "in-sync": 61,
                    "drifted": 1,
                    "weakened": 0,
                    "missing": 0,
                    "behind": 3,
                    "forked": 0,
                    "team-owned": 88,
                    "added": 9,
                },
                "commit": "5f1c0f3c2f6f0f6f7a1d7c9d1b8a0e4c9b2d3e4f",
                "committedAt": "2026-11-24T09:12:45.000Z",
                "evaluatedAt": "2026-11-24T09:12:47.120Z",
                "problem": "",
                "links": {
                    "page": "https://goldpath.example/services/default/ledger",
                    "badge": "https://goldpath.example/api/goldpath/v1/services/default/ledger/badge.svg",
                },
                "policy": 3,
                "checkerVersion": "0f3a9c1d2b7e4a60",
                "isScanPending": False,
                "next": {"level": "gold", "checks": ["pod-disruption-budget"]},
                "verdicts": [
                    {
                        "check": "pod-disruption-budget",
                        "title": "A disruption budget keeps replicas running",
                        "level": "gold",
                        "verdict": "fail",
                        "message": "There is no PodDisruptionBudget for the deployment ledger.",
                        "evidence": [
                            {
                                "path": "deployments/k8s/base/deployment.yaml",
                                "line": 3,
                                "sha": "8c1f4b0a9e2d7c6b5a4f3e2d1c0b9a8f7e6d5c4b",
                                "excerpt": "name: ledger",
                                "note": "",
                                "url": "https://goldpath.example/git/default/ledger/file/deployments/k8s/base/"
                                "deployment.yaml?ref=5f1c0f3c2f6f0f6f7a1d7c9d1b8a0e4c9b2d3e4f#L3",
                            }
                        ],
                        "since": "2026-11-20T14:02:11.000Z",
                        "waiver": None,
                    }
                ],
            },
            response_only=True,
        )
    ]
)
class ServiceDetail(ServiceShape):
    """A service with its verdicts, and what is missing to the next level."""

    policy = serializers.IntegerField(source="policy.number", allow_null=True, default=None)
    checkerVersion = serializers.CharField(source="snapshot.checker_version", default="")
    isScanPending = serializers.SerializerMethodField()
    next = serializers.SerializerMethodField()
    verdicts = serializers.SerializerMethodField()

    def get_isScanPending(self, service: Service) -> bool:
        """Tell whether somebody asked for a scan that has not been done."""
        asked, served = service.scan_requested_at, service.scanned_request
        return asked is not None and (served is None or asked > served)

    @extend_schema_field(NextLevel(allow_null=True))
    def get_next(self, service: Service) -> dict[str, Any] | None:
        """Return what is missing to the level above; None at the top."""
        return _next(Level(service.level), self.context["verdicts"])

    @extend_schema_field(ServiceVerdict(many=True))
    def get_verdicts(self, service: Service) -> list[dict[str, Any]]:
        """Return the verdicts, by check."""
        shown = ServiceVerdict(self.context["verdicts"], many=True, context={"service": service}).data
        return list(shown)


class ScanRequest(Shape):
    """A scan that was asked for."""

    entityRef = serializers.CharField(source="entity_ref")
    requestedAt = WireTime(source="scan_requested_at")


class SnapshotShape(Shape):
    """One commit as one version of the checker saw it."""

    id = serializers.IntegerField()
    commit = serializers.CharField()
    tree = serializers.CharField()
    committedAt = WireTime(source="committed_at")
    takenAt = WireTime(source="taken_at")
    checkerVersion = serializers.CharField(source="checker_version")
    newestVersion = serializers.CharField(source="newest_version", help_text="Of the template, then.")
    fileCount = serializers.IntegerField(source="file_count")
    drift = serializers.SerializerMethodField()

    @extend_schema_field(DriftCounts)
    def get_drift(self, snapshot: Any) -> dict[str, int]:
        """Return the number of files by class."""
        return {drift: snapshot.drift.get(drift, 0) for drift, _ in DRIFTS}


class SnapshotFile(Shape):
    """A file that departed in that commit."""

    path = serializers.CharField()
    drift = serializers.ChoiceField(choices=DRIFTS)
    isGuard = serializers.BooleanField(source="guard")
    renamedTo = serializers.CharField()


class SnapshotDetail(SnapshotShape):
    """A snapshot with everything that was found, whatever a policy asks for."""

    files = SnapshotFile(many=True)
    results = serializers.SerializerMethodField()

    @extend_schema_field(ResultShape(many=True))
    def get_results(self, snapshot: Any) -> list[dict[str, Any]]:
        """Return the results as a list, by check."""
        return [{"check": check, **snapshot.results[check]} for check in sorted(snapshot.results)]


class EvaluationShape(Shape):
    """What a snapshot was worth from a moment on; their sequence is a service's history."""

    at = WireTime()
    level = serializers.ChoiceField(choices=LEVELS)
    previousLevel = serializers.CharField(source="previous_level", help_text="Empty for the first.")
    isLevelChange = serializers.BooleanField(source="is_level_change")
    score = serializers.IntegerField()
    departed = serializers.IntegerField(help_text="Files that somebody should look at.")
    commit = serializers.CharField()
    policy = serializers.IntegerField(source="policy.number")
    snapshot = serializers.IntegerField(source="snapshot_id", allow_null=True, help_text="Gone once it is old.")


class DriftedFileShape(Shape):
    """A file that departed from its render, or is behind the newest version of the template."""

    path = serializers.CharField()
    drift = serializers.ChoiceField(choices=DRIFTS)
    isGuard = serializers.BooleanField(source="is_guard", help_text="CI, lint, security context and the like.")
    renamedTo = serializers.CharField(source="renamed_to", help_text="Where the team moved it.")
    recordedBlob = serializers.CharField(source="recorded_blob")
    currentBlob = serializers.CharField(source="current_blob")
    newestBlob = serializers.CharField(source="newest_blob")
    url = serializers.SerializerMethodField()

    def get_url(self, found: DriftedFile) -> str:
        """Return the address of the file in the repository browser; empty when it is gone."""
        service: Service = self.context["service"]
        return file_url(service, service.commit, found.renamed_to or found.path) if found.current_blob else ""


def _evidence(service: Service, each: dict[str, Any]) -> dict[str, Any]:
    line, sha = int(each.get("line", 0)), str(each.get("sha", ""))
    return {
        "path": each["path"],
        "line": line,
        "sha": sha,
        "excerpt": each.get("excerpt", ""),
        "note": each.get("note", ""),
        "url": file_url(service, service.commit, each["path"], line) if sha else "",
    }


def _next(level: Level, verdicts: list[Verdict]) -> dict[str, Any] | None:
    if level is Level.GOLD:
        return None
    above = RANKS[level.rank]
    wanting = [
        each.check_id
        for each in verdicts
        if each.standing in {"fail", "error"} and Level(each.level).rank <= above.rank
    ]
    return {"level": above.value, "checks": wanting}
