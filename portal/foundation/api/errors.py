"""Backstage's error envelope for everything that an API view raises."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from portal.foundation.errors import GoldpathError, InputError

_NAMES = {
    400: "InputError",
    401: "AuthenticationError",
    403: "NotAllowedError",
    404: "NotFoundError",
    405: "NotAllowedError",
    409: "ConflictError",
    413: "PayloadTooLargeError",
    415: "InputError",
    429: "TooManyRequestsError",
    503: "ServiceUnavailableError",
}
_MOUNT = re.compile(r"^/api/[^/]+")


def body(name: str, message: str, status: int, request: HttpRequest | Request) -> dict[str, Any]:
    """Return the envelope; the url in it is relative to the plugin's mount point, as on a Backstage backend."""
    return {
        "error": {"name": name, "message": message},
        "request": {"method": request.method, "url": _MOUNT.sub("", request.get_full_path()) or "/"},
        "response": {"statusCode": status},
    }


def envelope(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF exception handler: answer a known error in the envelope, let anything else be reported as a defect.

    Refused values are named one by one in `error.fields`, which Backstage's clients pass over.
    """
    request: Request = context["request"]
    if isinstance(error, GoldpathError):
        content = body(error.name, error.message, error.status, request)
        if isinstance(error, InputError) and error.fields:
            content["error"]["fields"] = [{"path": list(each.path), "message": each.message} for each in error.fields]
        return Response(content, status=error.status)
    if isinstance(error, Http404):
        return Response(body("NotFoundError", "Not found", 404, request), status=404)
    if isinstance(error, PermissionDenied):
        return Response(body("NotAllowedError", "Not allowed", 403, request), status=403)
    if isinstance(error, exceptions.APIException):
        return _drf(error, request)
    return None


def _drf(error: exceptions.APIException, request: Request) -> Response:
    status = error.status_code
    message = "Missing credentials" if isinstance(error, exceptions.NotAuthenticated) else _sentence(error.detail)
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    content = body(_NAMES.get(status, "Error"), message, status, request)
    if isinstance(error, exceptions.ValidationError) and isinstance(error.detail, dict):
        content["error"]["fields"] = [
            {"path": [name], "message": _sentence(detail)} for name, detail in error.detail.items()
        ]
    return Response(content, status=status, headers=headers)


def _sentence(detail: Any) -> str:
    if isinstance(detail, dict):
        return "; ".join(f"{key}: {_sentence(value)}" for key, value in detail.items())
    if isinstance(detail, list):
        return " ".join(_sentence(item) for item in detail)
    return str(detail)


def not_found(request: HttpRequest) -> JsonResponse:
    """Return the envelope for a path under /api that no view serves."""
    return _plain(body("NotFoundError", "No such endpoint", 404, request), 404)


def server_error(request: HttpRequest) -> JsonResponse:
    """Return the envelope for a defect: no detail leaves the server."""
    return _plain(body("Error", "Internal server error; it was logged", 500, request), 500)


def _plain(content: dict[str, Any], status: int) -> JsonResponse:
    return JsonResponse(content, status=status, content_type="application/json; charset=utf-8")
