"""Addresses of the portal's pages, as exports and APIs give them to other tools."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings

from conformance.models import Service


def portal_url() -> str:
    """Return the portal's address, without a slash at its end."""
    return str(settings.GOLDPATH_BASE_URL)


def service_url(service: Service) -> str:
    """Return the address of the page about a service."""
    return f"{portal_url()}/conformance/services/{_word(service.namespace)}/{_word(service.name)}"


def check_url(check_id: str) -> str:
    """Return the address of the page about a check."""
    return f"{portal_url()}/conformance/checks/{_word(check_id)}"


def clone_url(service: Service) -> str:
    """Return the address that git clones the service from."""
    return f"{_repository(service)}.git"


def file_url(service: Service, commit: str, path: str, line: int = 0) -> str:
    """Return the address of a file in the repository browser, at a commit and a line."""
    anchor = f"#L{line}" if line else ""
    return f"{_repository(service)}/file/{path_uri(path)}?ref={_word(commit)}{anchor}"


def path_uri(path: str) -> str:
    """Return a path as a relative URI reference (RFC 3986), whatever bytes git keeps in it."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def _repository(service: Service) -> str:
    return f"{portal_url()}/git/{_word(service.namespace)}/{_word(service.name)}"


def _word(text: str) -> str:
    return quote(text, safe="")
