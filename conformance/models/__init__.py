"""Rows of conformance, one aggregate per file."""

from __future__ import annotations

from conformance.models.drift import DriftedFile
from conformance.models.evaluation import Evaluation
from conformance.models.event import Event
from conformance.models.knowledge import Expectation, Fact
from conformance.models.policy import Policy
from conformance.models.service import Service, ServiceQuerySet
from conformance.models.snapshot import Snapshot
from conformance.models.verdict import Verdict
from conformance.models.waiver import Waiver
from conformance.models.webhook import Delivery, Webhook

__all__ = [
    "Delivery",
    "DriftedFile",
    "Evaluation",
    "Event",
    "Expectation",
    "Fact",
    "Policy",
    "Service",
    "ServiceQuerySet",
    "Snapshot",
    "Verdict",
    "Waiver",
    "Webhook",
]
