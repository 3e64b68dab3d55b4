"""Policies, and what a draft would change."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from conformance.api.shapes.base import LevelCounts, Shape, WireTime
from conformance.choices import LEVELS, PolicyStatus
from conformance.documents import SCHEMA

EXAMPLE = {
    "rules": [
        {"check": "readme-content", "level": "bronze"},
        {"check": "license-present", "level": "none", "when": {"lifecycles": ["experimental"]}},
        {"check": "license-present", "level": "bronze"},
    ],
    "waivers": {"maxDays": {"bronze": 30, "silver": 60, "gold": 90}, "approvers": "platform"},
}


@extend_schema_field(SCHEMA)
class Document(serializers.JSONField):
    """A policy document: an object; what it may say is decided by the service that stores it."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the object."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("A policy is an object with rules and waivers.")
        return data


class PolicyShape(Shape):
    """One version of the policy."""

    number = serializers.IntegerField()
    status = serializers.ChoiceField(choices=PolicyStatus.choices)
    note = serializers.CharField()
    digest = serializers.CharField(help_text="The SHA-256 of the document.")
    author = serializers.CharField(source="author_ref", help_text="Empty for the built-in policy.")
    createdAt = WireTime(source="created_at")
    updatedAt = WireTime(source="updated_at")
    publishedAt = WireTime(source="published_at", allow_null=True)
    publishedBy = serializers.CharField(source="published_by_ref")


class PolicyDetail(PolicyShape):
    """A version with its document."""

    document = Document()


@extend_schema_serializer(
    examples=[OpenApiExample("A draft", value={"document": EXAMPLE, "note": "Licences are asked"}, request_only=True)]
)
class NewPolicy(Shape):
    """What a draft says."""

    document = Document()
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class ChangedPolicy(NewPolicy):
    """What a draft says from now on."""

    digest = serializers.CharField(
        required=False, default=None, help_text="The digest of what you edited: 409 when somebody else saved meanwhile."
    )


class Publication(Shape):
    """How a draft is published."""

    over = serializers.IntegerField(
        required=False,
        default=None,
        min_value=1,
        help_text="The version that you compared it with: 409 when another one holds by now.",
    )


class MoveShape(Shape):
    """How many services would go from one level to another."""

    source = serializers.ChoiceField(choices=LEVELS)  # type: ignore[assignment]  # the name on the wire
    target = serializers.ChoiceField(choices=LEVELS)
    services = serializers.IntegerField()


class BehindShape(Shape):
    """A check, and how many services would change because of it."""

    check = serializers.CharField()
    services = serializers.IntegerField()


class ChangeShape(Shape):
    """A service that would change its level, and the checks behind it."""

    entityRef = serializers.CharField(source="entity_ref")
    owner = serializers.CharField(source="owner_ref")
    before = serializers.ChoiceField(choices=LEVELS)
    after = serializers.ChoiceField(choices=LEVELS)
    scoreBefore = serializers.IntegerField(source="score_before")
    scoreAfter = serializers.IntegerField(source="score_after")
    checks = serializers.ListField(child=serializers.CharField())


class WhatIfShape(Shape):
    """What would change if a version of the policy held in place of the published one."""

    policy = serializers.IntegerField(source="policy.number")
    published = serializers.IntegerField(source="published.number")
    services = serializers.IntegerField(source="total")
    unscanned = serializers.IntegerField()
    before = LevelCounts()
    after = LevelCounts()
    moves = serializers.SerializerMethodField()
    falls = serializers.IntegerField(source="fall_count")
    rises = serializers.IntegerField(source="rise_count")
    falling = ChangeShape(source="falls", many=True, help_text="The furthest first, a thousand at most.")
    rising = ChangeShape(source="rises", many=True, help_text="The furthest first, a thousand at most.")
    behindFalls = serializers.SerializerMethodField()
    behindRises = serializers.SerializerMethodField()

    @extend_schema_field(MoveShape(many=True))
    def get_moves(self, found: Any) -> list[dict[str, Any]]:
        """Return the moves between levels, those that stay among them."""
        pairs = sorted(found.moves.items(), key=lambda pair: (pair[0][0].rank, pair[0][1].rank))
        return [{"source": old.value, "target": new.value, "services": count} for (old, new), count in pairs]

    @extend_schema_field(BehindShape(many=True))
    def get_behindFalls(self, found: Any) -> list[dict[str, Any]]:
        """Return the checks behind what falls, the most frequent first."""
        return _behind(found.behind_falls)

    @extend_schema_field(BehindShape(many=True))
    def get_behindRises(self, found: Any) -> list[dict[str, Any]]:
        """Return the checks behind what rises, the most frequent first."""
        return _behind(found.behind_rises)


def _behind(counts: Any) -> list[dict[str, Any]]:
    return [{"check": check, "services": count} for check, count in counts.most_common()]
