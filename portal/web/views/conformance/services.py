"""The list of services, on a page and as files."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conformance.exports import csv_lines, json_lines, service_rows
from portal.web.paging import address_without_page, page_of
from portal.web.people import PageRequest, signed_in
from portal.web.views.conformance import listing


@require_GET
@signed_in
def services(request: PageRequest) -> HttpResponse:
    """List services by the filters and in the order that stand in the address."""
    chosen = listing.chosen_in(request)
    context = {
        "page": page_of(request, listing.services_of(request)),
        "query": address_without_page(request),
        "export": listing.query_of(request),
        "chosen": chosen,
        "chips": listing.chips(request, chosen),
        "columns": listing.columns(request),
        "sort": request.GET.get("sort", "")[:30],
        "options": listing.options(),
    }
    return render(request, "conformance/services.html", context)


@require_GET
@signed_in
def as_csv(request: PageRequest) -> StreamingHttpResponse:
    """Send exactly the list of the address as CSV, whatever its length."""
    lines = csv_lines(service_rows(listing.services_of(request)))
    return _download(lines, "text/csv; charset=utf-8", "services.csv")


@require_GET
@signed_in
def as_json(request: PageRequest) -> StreamingHttpResponse:
    """Send exactly the list of the address as JSON, whatever its length."""
    lines = json_lines(service_rows(listing.services_of(request)))
    return _download(lines, "application/json", "services.json")


def _download(lines: Iterable[str], kind: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
