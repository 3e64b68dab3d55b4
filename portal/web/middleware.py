"""Turns the errors that services raise into pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.foundation.errors import AuthenticationError, GoldpathError
from portal.web.views import errors


class ErrorPagesMiddleware:
    """Answers a GoldpathError that a page raised with the error page of its status; APIs answer for themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request; a page's address with a zero byte, which no database takes, is refused."""
        has_zero = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        if has_zero and not _is_api(request):
            return errors.bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for an error with a message for people, None for a defect."""
        if not isinstance(exception, GoldpathError) or _is_api(request):
            return None
        if isinstance(exception, AuthenticationError):
            return redirect("web:sign-in")
        return errors.answer(request, exception.status, exception.message)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
