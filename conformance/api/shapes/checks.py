"""Checks, and what they say across the fleet."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from conformance.api.shapes.base import Shape, WireTime, counts
from conformance.api.shapes.services import EvidenceShape
from conformance.choices import LEVELS, STANDINGS
from conformance.exports.rules import rule
from conformance.models import Verdict

OpenCounts = counts("OpenCounts", ["fail", "error", "waived"], "In how many services the check does not pass.")


class CheckShape(Shape):
    """One rule of the golden path, and how many services stand how under it."""

    id = serializers.CharField()
    title = serializers.CharField()
    level = serializers.ChoiceField(choices=LEVELS, help_text="Where the built-in policy puts it.")
    area = serializers.CharField()
    appliesTo = serializers.CharField()
    rationale = serializers.CharField(help_text="Markdown.")
    fix = serializers.CharField(help_text="How to repair what it finds, in Markdown.")
    source = serializers.CharField()  # type: ignore[assignment]  # the name on the wire
    counts = OpenCounts()
    page = serializers.URLField()


class FailingService(Shape):
    """A service in which the check fails or is inconclusive."""

    entityRef = serializers.CharField()
    owner = serializers.CharField()
    level = serializers.ChoiceField(choices=LEVELS, help_text="Where the policy puts the check for this service.")
    verdict = serializers.ChoiceField(choices=STANDINGS)
    message = serializers.CharField()
    since = WireTime()


class CheckDetail(CheckShape):
    """A check with the first services that fail; `verdicts?check=` has all of them, page by page."""

    policyLevels = serializers.ListField(
        child=serializers.CharField(), help_text="The levels at which the published policy asks it, by its filters."
    )
    failing = FailingService(many=True)


class VerdictShape(Shape):
    """What holds of one check in one service now."""

    service = serializers.CharField(source="service.entity_ref")
    owner = serializers.CharField(source="service.owner_ref")
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

    @extend_schema_field(EvidenceShape(many=True))
    def get_evidence(self, verdict: Verdict) -> list[dict[str, Any]]:
        """Return the evidence as it is stored."""
        return list(verdict.evidence)
