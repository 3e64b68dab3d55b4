"""Webhooks, their deliveries, and the events that they tell of."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from conformance.api.shapes.base import Shape, WireTime
from conformance.choices import DeliveryStatus, EventKind
from conformance.models import Event


class EventShape(Shape):
    """One thing that happened."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=EventKind.choices)
    service = serializers.SerializerMethodField()
    actor = serializers.CharField(source="actor_ref", help_text="Who did it; empty for the portal itself.")
    at = WireTime()
    body = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_service(self, event: Event) -> str | None:
        """Return the service that it is about, if any."""
        return event.service.entity_ref if event.service else None

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_body(self, event: Event) -> dict[str, Any]:
        """Return what webhooks are told."""
        body: dict[str, Any] = event.body
        return body


class WebhookShape(Shape):
    """An address that is told of events."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=EventKind.choices), help_text="Empty for all.")
    isActive = serializers.BooleanField(source="is_active")
    createdBy = serializers.CharField(source="created_by_ref")
    createdAt = WireTime(source="created_at")


class MadeWebhook(WebhookShape):
    """A new webhook with its secret, which is shown this once."""

    secret = serializers.CharField(help_text="The key of the HMAC-SHA256 in `X-Goldpath-Signature-256`.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Changes of level",
            value={"url": "https://hooks.example/goldpath", "kinds": ["level.changed"]},
            request_only=True,
        )
    ]
)
class NewWebhook(Shape):
    """Who is to be told of what."""

    url = serializers.CharField(max_length=500)
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=32),
        required=False,
        default=list,
        max_length=50,
        help_text="None for all.",
    )


class WebhookChange(Shape):
    """Whether it is paused."""

    isActive = serializers.BooleanField()


class DeliveryShape(Shape):
    """One event for one webhook."""

    id = serializers.UUIDField()
    event = serializers.IntegerField(source="event_id")
    kind = serializers.CharField(source="event.kind")
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    attempts = serializers.IntegerField()
    nextAttemptAt = WireTime(source="next_attempt_at")
    responseStatus = serializers.IntegerField(source="response_status", allow_null=True)
    error = serializers.CharField()
    deliveredAt = WireTime(source="delivered_at", allow_null=True)
