"""Enums of conformance: labels, colours, terminal sets and allowed moves."""

from __future__ import annotations

from django.db import models

from conformance.examining.terms import Drift, Level, Outcome

LEVELS = [(level.value, level.value.capitalize() if level is not Level.NONE else "No level") for level in Level]
OUTCOMES = [
    (Outcome.PASS.value, "Passes"),
    (Outcome.FAIL.value, "Fails"),
    (Outcome.NOT_APPLICABLE.value, "Not applicable"),
    (Outcome.ERROR.value, "Inconclusive"),
]
WAIVED = "waived"
STANDINGS = [*OUTCOMES, (WAIVED, "Waived")]
DRIFTS = [
    (Drift.IN_SYNC.value, "In sync"),
    (Drift.DRIFTED.value, "Drifted"),
    (Drift.WEAKENED.value, "Weakened"),
    (Drift.MISSING.value, "Missing"),
    (Drift.BEHIND.value, "Behind"),
    (Drift.FORKED.value, "Forked"),
    (Drift.TEAM_OWNED.value, "Team-owned"),
    (Drift.ADDED.value, "Added"),
]


class PolicyStatus(models.TextChoices):
    """Where a version of the policy stands; one is published at a time."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


class WaiverStatus(models.TextChoices):
    """Where a waiver stands. Only an approved one counts, until it expires, lapses or is revoked."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    REVOKED = "revoked", "Revoked"
    EXPIRED = "expired", "Expired"
    LAPSED = "lapsed", "Lapsed"


class EventKind(models.TextChoices):
    """What happened, as people and webhooks are told."""

    LEVEL_CHANGED = "level.changed", "Level changed"
    WAIVER_REQUESTED = "waiver.requested", "Waiver requested"
    WAIVER_APPROVED = "waiver.approved", "Waiver approved"
    WAIVER_REJECTED = "waiver.rejected", "Waiver rejected"
    WAIVER_WITHDRAWN = "waiver.withdrawn", "Waiver withdrawn"
    WAIVER_REVOKED = "waiver.revoked", "Waiver revoked"
    WAIVER_EXPIRED = "waiver.expired", "Waiver expired"
    WAIVER_LAPSED = "waiver.lapsed", "Waiver lapsed"
    POLICY_PUBLISHED = "policy.published", "Policy published"


class DeliveryStatus(models.TextChoices):
    """Where the delivery of an event to a webhook stands."""

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


ACTIVE_WAIVER = frozenset({WaiverStatus.REQUESTED, WaiverStatus.APPROVED})
ALLOWED_WAIVER: dict[str, frozenset[WaiverStatus]] = {
    WaiverStatus.REQUESTED: frozenset({WaiverStatus.APPROVED, WaiverStatus.REJECTED, WaiverStatus.WITHDRAWN}),
    WaiverStatus.APPROVED: frozenset({WaiverStatus.REVOKED, WaiverStatus.EXPIRED, WaiverStatus.LAPSED}),
}
COLOURS: dict[str, str] = {
    Outcome.PASS: "success",
    Outcome.FAIL: "danger",
    Outcome.ERROR: "warning",
    Outcome.NOT_APPLICABLE: "secondary",
    WAIVED: "info",
    Drift.IN_SYNC: "success",
    Drift.BEHIND: "info",
    Drift.DRIFTED: "warning",
    Drift.FORKED: "danger",
    Drift.WEAKENED: "danger",
    Drift.MISSING: "danger",
    Drift.TEAM_OWNED: "secondary",
    Drift.ADDED: "secondary",
}
