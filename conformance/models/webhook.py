"""Webhooks: who outside is told of events, and what became of each delivery."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from conformance.choices import DeliveryStatus
from conformance.models.event import Event


class Webhook(models.Model):
    """An address that events are posted to, signed with HMAC-SHA256 of the raw body.

    `sealed_secret` is the signing secret, encrypted with the portal's key; it is shown once, when it is made. `kinds`
    are the kinds of events that it wants; an empty list means all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    url = models.URLField(max_length=500)
    sealed_secret = models.TextField()
    kinds = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    created_by_ref = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at",)

    def __str__(self) -> str:
        return str(self.pk)


class Delivery(models.Model):
    """One event for one webhook: tried until it is delivered or given up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=16, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-next_attempt_at",)
        verbose_name_plural = "deliveries"
        constraints = (models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once"),)
        indexes = (models.Index(fields=["status", "next_attempt_at"], name="delivery_due"),)

    def __str__(self) -> str:
        return f"{self.event_id} to {self.webhook_id}: {self.status}"
