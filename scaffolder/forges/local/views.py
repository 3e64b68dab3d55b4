"""Git over HTTP: who asks, for which repository, and then git's own http-backend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from portal.foundation.errors import AuthenticationError, GoldpathError, InputError, NotFoundError, UnavailableError
from scaffolder import git
from scaffolder.forges.local import access, heads, places
from scaffolder.git import http
from scaffolder.models import Repository

FETCH, PUSH = "git-upload-pack", "git-receive-pack"
HOOKS = Path(__file__).with_name("hooks")
MAX_QUESTION = 32 * 1024 * 1024
MAX_PUSH = 512 * 1024 * 1024
_PASSED_HEADERS = {"CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_CONTENT_ENCODING", "HTTP_GIT_PROTOCOL"}


class TooLargeError(InputError):
    """The body is larger than this server takes (413)."""

    status = 413


class LengthRequiredError(InputError):
    """The server in front cannot take a body of unknown length (411)."""

    status = 411


class GoneError(Exception):
    """The client went away in the middle of its request."""


@csrf_exempt
def advertise(request: HttpRequest, namespace: str, name: str) -> HttpResponseBase:
    """Answer `GET .../info/refs?service=...`: the refs, and what the server can do."""
    if request.method != "GET":
        return _text(405, "Only GET is allowed here.")
    service = request.GET.get("service", "")
    if service not in {FETCH, PUSH}:
        return _text(403, "Only git's smart HTTP protocol is spoken here: use git 1.6.6 or newer.")
    return _serve(request, namespace, name, service, "info/refs")


@csrf_exempt
def exchange(request: HttpRequest, namespace: str, name: str, service: str) -> HttpResponseBase:
    """Answer `POST .../git-upload-pack` and `.../git-receive-pack`."""
    if request.method != "POST":
        return _text(405, "Only POST is allowed here.")
    return _serve(request, namespace, name, service, service)


def _serve(request: HttpRequest, namespace: str, name: str, service: str, path: str) -> HttpResponseBase:
    try:
        user = access.account(request)
        access.check_read(user)
        repository = access.repository(namespace, name)
        if not places.repository_folder(namespace, name).is_dir():
            raise NotFoundError(f"There is no repository {namespace}/{name}.")
        if service == PUSH:
            access.check_push(user, repository)
        backend = _backend_request(request, repository, service, path, user.get_username() if user else "")
        _let_go_of_the_database()
        if path == PUSH:
            return _receive(request, backend, repository)
        return _answer(http.fetch(backend, _body(request, MAX_QUESTION)))
    except AuthenticationError as error:
        response = _text(401, error.message)
        response["WWW-Authenticate"] = 'Basic realm="Goldpath", charset="UTF-8"'
        return response
    except GoldpathError as error:
        return _text(error.status, error.message)
    except GoneError:
        return _text(400, "The request ended before its body did.")


def _receive(request: HttpRequest, backend: http.BackendRequest, repository: Repository) -> HttpResponseBase:
    with git.in_use(places.repository_folder(repository.namespace, repository.name)):
        answer = http.receive(backend, _body(request, MAX_PUSH))
    try:
        heads.note_push(repository)
    finally:
        _let_go_of_the_database()
    return _answer(answer)


def _backend_request(
    request: HttpRequest, repository: Repository, service: str, path: str, user: str
) -> http.BackendRequest:
    headers = {key: str(value) for key, value in request.META.items() if key in _PASSED_HEADERS and value}
    if not all(value.isprintable() for value in headers.values()):
        raise InputError("A header holds a control character.")
    if protocol := headers.pop("HTTP_GIT_PROTOCOL", ""):
        headers["GIT_PROTOCOL"] = protocol
    if _is_chunked(request):
        headers.pop("CONTENT_LENGTH", None)
    settings = {"http.receivepack": "true" if service == PUSH else "false"}
    if service == PUSH:
        settings |= {"core.hooksPath": _hooks(), "receive.fsckObjects": "true"}
    return http.BackendRequest(
        root=places.root(),
        path=f"/{repository.namespace}/{repository.name}.git/{path}",
        method=str(request.method),
        query=f"service={service}" if path == "info/refs" else "",
        headers=headers,
        user=user,
        settings=settings,
        variables={"GOLDPATH_PROTECTED": repository.default_branch if repository.is_protected else ""},
    )


@lru_cache(maxsize=1)
def _hooks() -> str:
    """Return the folder of the hooks; git would silently skip one that cannot be executed, so that refuses pushes."""
    if not os.access(HOOKS / "pre-receive", os.X_OK):
        raise UnavailableError("The rules for pushes are not installed correctly, so nothing can be pushed.")
    return str(HOOKS)


def _body(request: HttpRequest, limit: int) -> Iterator[bytes]:
    """Yield the body as it arrives; too much raises TooLargeError, an early end GoneError."""
    stream: Any = request.environ["wsgi.input"]  # type: ignore[attr-defined]
    chunked = _is_chunked(request)
    if chunked and not request.environ.get("wsgi.input_terminated"):  # type: ignore[attr-defined]
        raise LengthRequiredError("This server needs to know the length of a body: set http.postBuffer higher.")
    length = limit + 1 if chunked else _length(request)
    if not chunked and length > limit:
        raise TooLargeError(f"This is larger than {limit // 1024 // 1024} MB.")
    while length > 0:
        piece = _read(stream, min(http.CHUNK, length))
        if not piece:
            break
        length -= len(piece)
        yield piece
    if chunked and length <= 0:
        raise TooLargeError(f"This is larger than {limit // 1024 // 1024} MB.")
    if not chunked and length > 0:
        raise GoneError


def _read(stream: Any, size: int) -> bytes:
    try:
        piece: bytes = stream.read(size)
    except OSError:
        raise GoneError from None
    return piece


def _length(request: HttpRequest) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    if not text.isdecimal():
        raise InputError("Content-Length is not a number.")
    return int(text)


def _is_chunked(request: HttpRequest) -> bool:
    return "chunked" in str(request.META.get("HTTP_TRANSFER_ENCODING", "")).lower()


def _answer(answer: http.BackendAnswer) -> HttpResponseBase:
    response = StreamingHttpResponse(answer, status=answer.status)
    for name, value in answer.headers.items():
        response[name] = value
    return response


def _let_go_of_the_database() -> None:
    """Return the connection: a clone may take minutes and needs none."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def _text(status: int, message: str) -> HttpResponse:
    return HttpResponse(message + "\n", status=status, content_type="text/plain; charset=utf-8")
