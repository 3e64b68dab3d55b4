"""Where the parts of the pictures lead."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, urlencode

from django.urls import NoReverseMatch, reverse

from conformance.models import Service


def listing(**filters: str) -> str:
    """Return the address of the list of services with these filters; empty ones are left out."""
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"{_list_page()}{'?' if query else ''}{query}"


def service_page(service: Service, anchor: str = "") -> str:
    """Return the address of a service's page, or of a part of it."""
    address = reverse("web:conformance-service", args=[service.namespace, service.name])
    return f"{address}#{anchor}" if anchor else address


def drift_page(service: Service, path: str) -> str:
    """Return the address of the texts of a departed file."""
    return reverse("web:conformance-drift", args=[service.namespace, service.name, path])


def team_page(ref: str) -> str:
    """Return the address of a group's page, of the list of what it owns for an owner that is no group."""
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    return _found("web:conformance-team", namespace, name) if kind == "group" else listing(owner=ref)


def check_page(check_id: str) -> str:
    """Return the address of a check's page."""
    return _found("web:conformance-check", check_id)


def version_page(ref: str, version: str) -> str:
    """Return the address of a template version's page."""
    namespace, _, name = ref.partition(":")[2].partition("/")
    return _found("web:conformance-template", namespace, name, version)


def file_at(service: Service, path: str, line: int = 0, commit: str = "") -> str:
    """Return the address of a file of the service in the repository browser, at a commit and a line."""
    repository = service.repository
    address = reverse("web:repository-file", args=[repository.namespace, repository.name, path])
    query = f"?ref={quote(commit)}" if commit else ""
    return f"{address}{query}{f'#L{line}' if line else ''}"


@lru_cache(maxsize=1)
def _list_page() -> str:
    """Return the list's own address: pictures ask for it hundreds of times."""
    return reverse("web:conformance-services")


def _found(name: str, *arguments: str) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
