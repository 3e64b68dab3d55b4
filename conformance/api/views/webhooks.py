"""Webhooks and events over REST. Webhooks are for platform engineers: an address may itself be a secret."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from conformance.api.filters import EventFilter
from conformance.api.requests import actor_of, body_of, uuid_of
from conformance.api.shapes.waivers import Nothing
from conformance.api.shapes.webhooks import (
    DeliveryShape,
    EventShape,
    MadeWebhook,
    NewWebhook,
    WebhookChange,
    WebhookShape,
)
from conformance.api.views.base import ListView, View
from conformance.models import Delivery, Event, Webhook
from conformance.services import webhooks
from portal.foundation.api.keyset import Key, moment, text
from portal.foundation.errors import NotFoundError


def _uuid(value: Any) -> Any:
    return uuid_of(text(value))


class Events(ListView):
    """GET events: what happened, the newest first."""

    serializer_class = EventShape
    filterset_class = EventFilter
    default_sort = "-at"
    orders = {"at": Key("at", moment)}

    def rows(self) -> QuerySet[Any]:
        """Return all events, each with its service."""
        return Event.objects.select_related("service")


class Webhooks(ListView):
    """GET webhooks: all of them. POST webhooks: makes one."""

    refusals = {"GET": (403,), "POST": (403, 409)}
    serializer_class = WebhookShape
    default_sort = "createdAt"
    orders = {"createdAt": Key("created_at", moment)}
    tie_read = staticmethod(_uuid)

    def rows(self) -> QuerySet[Any]:
        """Return all webhooks, to platform engineers."""
        webhooks.require_platform(actor_of(self.request))
        return Webhook.objects.all()

    @extend_schema(request=NewWebhook, responses={201: MadeWebhook}, filters=False, parameters=[])
    def post(self, request: Request) -> Response:
        """Make a webhook. Its secret is in this answer only: with it the receiver checks the signature."""
        body = body_of(request, NewWebhook)
        made, secret = webhooks.create(actor_of(request), body["url"], body["kinds"])
        return Response({**WebhookShape(made).data, "secret": secret}, status=201)


class OneWebhook(View):
    """GET, PATCH and DELETE webhooks/<id>: one webhook."""

    refusals = {"GET": (403,), "PATCH": (403,), "DELETE": (403,)}

    @extend_schema(responses=WebhookShape)
    def get(self, request: Request, webhook_id: str) -> Response:
        """Return the webhook, without its secret."""
        return Response(WebhookShape(_find(request, webhook_id)).data)

    @extend_schema(request=WebhookChange, responses=WebhookShape)
    def patch(self, request: Request, webhook_id: str) -> Response:
        """Pause the webhook, or let it go on."""
        hook, body = _find(request, webhook_id), body_of(request, WebhookChange)
        webhooks.set_active(actor_of(request), hook, is_active=body["isActive"])
        return Response(WebhookShape(hook).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, webhook_id: str) -> Response:
        """Remove the webhook with its deliveries."""
        webhooks.remove(actor_of(request), _find(request, webhook_id))
        return Response(status=204)


class Deliveries(ListView):
    """GET webhooks/<id>/deliveries: what became of each event."""

    refusals = {"GET": (403,)}
    serializer_class = DeliveryShape
    default_sort = "-nextAttemptAt"
    orders = {"nextAttemptAt": Key("next_attempt_at", moment)}
    tie_read = staticmethod(_uuid)

    def rows(self) -> QuerySet[Any]:
        """Return the deliveries of the webhook."""
        hook = _find(self.request, self.kwargs["webhook_id"])
        return Delivery.objects.filter(webhook=hook).select_related("event")


class Redeliver(View):
    """POST webhooks/<id>/deliveries/<id>/redeliver: sends an event again."""

    refusals = {"POST": (403, 409)}

    @extend_schema(request=Nothing, responses={202: DeliveryShape})
    def post(self, request: Request, webhook_id: str, delivery_id: str) -> Response:
        """Send the delivery again, under the same id."""
        body_of(request, Nothing)
        hook = _find(request, webhook_id)
        found = Delivery.objects.filter(webhook=hook, pk=uuid_of(delivery_id)).first()
        if found is None:
            raise NotFoundError("There is no such delivery.")
        again = webhooks.redeliver(actor_of(request), found)
        return Response(DeliveryShape(again).data, status=202)


def _find(request: Request, webhook_id: str) -> Webhook:
    actor = actor_of(request)
    webhooks.require_platform(actor)
    return webhooks.find(actor, uuid_of(webhook_id))
