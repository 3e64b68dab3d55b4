"""Webhooks: who outside is told of events. Only platform engineers see these pages."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conformance.choices import DeliveryStatus, EventKind
from conformance.models import Delivery, Webhook
from conformance.services import deliveries, webhooks
from portal.foundation.errors import ConflictError, InputError, NotFoundError
from portal.web.paging import address_without_page, page_of
from portal.web.people import PageRequest, signed_in


@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
def listing(request: PageRequest) -> HttpResponse:
    """List the webhooks, and add one: the answer to the form is the only page that ever shows its secret."""
    webhooks.require_platform(request.actor)
    context: dict[str, object] = {"kinds": EventKind.choices, "url": "", "chosen": [], "errors": {}}
    status = 200
    if request.method == "POST":
        url, kinds = request.POST.get("url", ""), request.POST.getlist("kinds")
        try:
            context["added"], context["secret"] = webhooks.create(request.actor, url, kinds)
        except (InputError, ConflictError) as refused:
            context |= {"url": url, "chosen": kinds, "error": refused.message}
            status = 422 if isinstance(refused, InputError) else refused.status
    of_status = {
        f"{each.value}_count": Count("deliveries", filter=Q(deliveries__status=each)) for each in DeliveryStatus
    }
    last = Max("deliveries__delivered_at")
    context["webhooks"] = Webhook.objects.annotate(**of_status, last_delivered=last).order_by("created_at")
    return render(request, "conformance/webhooks/webhooks.html", context, status=status)


@require_GET
@signed_in
def webhook(request: PageRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Show one webhook and what became of its deliveries; `status` in the address restricts."""
    found = webhooks.find(request.actor, webhook_id)
    rows = Delivery.objects.filter(webhook=found).select_related("event__service").order_by("-event__at", "-event")
    counts: dict[str, int] = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    status = request.GET.get("status", "")
    if status in DeliveryStatus.values:
        rows = rows.filter(status=status)
    context = {
        "webhook": found,
        "page": page_of(request, rows),
        "query": address_without_page(request),
        "status": status,
        "total": sum(counts.values()),
        "counts": [(each.value, each.label, counts.get(each, 0)) for each in DeliveryStatus],
        "kept_days": deliveries.KEPT_DAYS,
        "most_attempts": deliveries.MOST_ATTEMPTS,
    }
    return render(request, "conformance/webhooks/webhook.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def remove(request: PageRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Ask once more, and delete a webhook."""
    found = webhooks.find(request.actor, webhook_id)
    if request.method == "POST":
        webhooks.remove(request.actor, found)
        messages.success(request, "The webhook is removed. Nobody is told there any more.")
        return redirect("web:conformance-webhooks")
    return render(request, "conformance/webhooks/remove.html", {"webhook": found})


@require_POST
@signed_in
def active(request: PageRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Pause a webhook, or let it go on."""
    found = webhooks.find(request.actor, webhook_id)
    is_active = request.POST.get("active") == "1"
    webhooks.set_active(request.actor, found, is_active=is_active)
    messages.success(request, "The webhook goes on." if is_active else "The webhook is paused.")
    return redirect("web:conformance-webhook", webhook_id)


@require_POST
@signed_in
def redeliver(request: PageRequest, delivery_id: uuid.UUID) -> HttpResponse:
    """Send a delivery again."""
    webhooks.require_platform(request.actor)
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFoundError("There is no such delivery.")
    try:
        webhooks.redeliver(request.actor, delivery)
    except ConflictError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, "It is sent again in a moment, under the same id.")
    return redirect("web:conformance-webhook", delivery.webhook_id)
