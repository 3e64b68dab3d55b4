"""One team: how its services stand."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from catalog.services import find
from conformance.models import Service
from portal.foundation.errors import NotFoundError
from portal.web.people import PageRequest, signed_in
from portal.web.views.conformance.listing import WORST_FIRST
from portal.web.views.conformance.overview import overview

_SHOWN = 12


@require_GET
@signed_in
def team(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Show one group's services: who needs help, levels, trend, drift, worst checks, and the worst of them."""
    ref = f"group:{namespace}/{name}".lower()
    entity = find(ref)
    context = overview(ref)
    if entity is None and not context["total"]:
        raise NotFoundError(f"There is no team {namespace}/{name}, and no service belongs to one.")
    services = Service.objects.of([ref]).order_by(*WORST_FIRST)[:_SHOWN]
    title = entity.display_name if entity else name
    return render(request, "conformance/team.html", {**context, "title": title, "entity": entity, "services": services})
