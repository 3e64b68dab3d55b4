"""Pages of long lists, with their place in the address."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 25


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    """Return the page of `rows` that the address asks for; a page that is not there gives the nearest one."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def address_without_page(request: HttpRequest) -> str:
    """Return the address's query without the page, ending so that `page=` can follow."""
    query = request.GET.copy()
    query.pop("page", None)
    return f"?{query.urlencode()}&" if query else "?"
