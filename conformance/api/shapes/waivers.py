"""Waivers: what is asked for, and what became of it."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from conformance.api.shapes.base import Shape, WireTime
from conformance.choices import WaiverStatus


class WaiverShape(Shape):
    """One exception for one check of one service, or for one path of it."""

    id = serializers.IntegerField()
    service = serializers.CharField(source="service.entity_ref")
    owner = serializers.CharField(source="service.owner_ref")
    check = serializers.CharField(source="check_id")
    path = serializers.CharField(help_text="Empty for the whole check.")
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=WaiverStatus.choices)
    requester = serializers.CharField(source="requester_ref")
    approver = serializers.CharField(source="approver_ref", help_text="Who decided; empty as long as nobody did.")
    decision = serializers.CharField(help_text="What whoever decided or ended it wrote.")
    expiresAt = WireTime(source="expires_at")
    createdAt = WireTime(source="created_at")
    decidedAt = WireTime(source="decided_at", allow_null=True)
    endedAt = WireTime(source="ended_at", allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A request",
            value={
                "service": "component:default/ledger",
                "check": "image-not-root",
                "path": "deployments/docker/Dockerfile",
                "reason": "The vendor's image is replaced next quarter.",
                "expiresAt": "2026-12-20T00:00:00Z",
            },
            request_only=True,
        )
    ]
)
class NewWaiver(Shape):
    """A request for a waiver."""

    service = serializers.CharField(max_length=255, help_text="The entity reference of the service.")
    check = serializers.CharField(max_length=63)
    path = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=1024, trim_whitespace=False,
        help_text="One path of the evidence; leave it out for the whole check.",
    )  # fmt: skip
    reason = serializers.CharField(max_length=1000)
    expiresAt = serializers.DateTimeField(help_text="With its time zone; at most as late as the policy allows.")


class Decision(Shape):
    """Why it is decided so."""

    decision = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class Reason(Shape):
    """Why it is ended or refused; needed."""

    decision = serializers.CharField(max_length=1000)


class Nothing(Shape):
    """No fields."""
