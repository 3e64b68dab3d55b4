"""The first page of conformance: who needs help, and how the whole fleet stands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.web.people import PageRequest, signed_in
from portal.web.views.conformance.overview import overview


@require_GET
@signed_in
def fleet(request: PageRequest) -> HttpResponse:
    """Show who needs help first, levels, trend, drift, worst checks, versions and teams: three queries of its own."""
    return render(request, "conformance/fleet.html", overview())
