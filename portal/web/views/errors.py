"""Error pages: what happened, and a way on."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from portal.foundation.api import errors as api_errors


@dataclass(frozen=True, slots=True)
class Story:
    """What an error page tells."""

    status: int
    title: str
    message: str


_STORIES = {
    400: "The request could not be understood. Going back and trying again usually helps.",
    403: "You are signed in, but this is not yours to see or change.",
    404: "There is nothing at this address, or it belongs to another team.",
    409: "The state of things does not allow this now.",
    500: "Something broke on our side. It was logged; trying again in a moment may work.",
    503: "Something that this needs does not answer right now. Trying again in a moment may work.",
}
_TITLES = {
    400: "That request did not make sense",
    403: "Not yours to do",
    404: "Nothing here",
    409: "Not now",
    500: "Something broke",
    503: "Back in a moment",
}


def answer(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """Return the error page of `status`, with `message` in place of the usual sentence."""
    known = status if status in _STORIES else 500
    story = Story(status, _TITLES[known], message or _STORIES[known])
    return render(request, "errors/error.html", {"story": story}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 for a form that did not come from this site or from an old session."""
    message = "This form did not come from your session. Go back, reload the page and send it again."
    return answer(request, 403, message)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404; an API address answers in the API's envelope."""
    if request.path.startswith("/api/"):
        return api_errors.not_found(request)
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500; an API address answers in the API's envelope."""
    if request.path.startswith("/api/"):
        return api_errors.server_error(request)
    try:
        return answer(request, 500)
    except DatabaseError:
        return HttpResponse(render_to_string("errors/plain.html"), status=500)
