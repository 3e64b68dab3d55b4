"""Clients with tokens, and the OpenAPI document that every answer is held against."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonschema
import pytest
from django.http import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from portal.foundation.models import User

BASE = "/api/goldpath/v1"


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@lru_cache(maxsize=1)
def _paths() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + r"\Z"), path) for path in document()["paths"]]


def operation(method: str, path: str) -> Mapping[str, Any]:
    """Return the operation at an address; one with fewer places to fill in comes first."""
    fitting = sorted((known for pattern, known in _paths() if pattern.match(path)), key=lambda known: known.count("{"))
    assert fitting, f"{path} is not in the document"
    found: Mapping[str, Any] = document()["paths"][fitting[0]][method.lower()]
    return found


def as_described(response: Any) -> Any:
    """Return the JSON of an answer, after holding it against what the document says of its status."""
    request = response.wsgi_request
    described = operation(request.method, request.path)["responses"]
    assert str(response.status_code) in described, (
        f"{request.method} {request.path}: {response.status_code} is not told"
    )
    content = described[str(response.status_code)].get("content")
    if content is None:
        assert response.content == b""
        return None
    body = response.json()
    schema = {**content["application/json"]["schema"], "components": document()["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(body)
    return body


def refused(response: HttpResponseBase, status: int, name: str) -> str:
    """Return the message of a refusal after checking its status, its envelope and that the document tells of it."""
    body = as_described(response)
    assert (response.status_code, body["error"]["name"], body["response"]["statusCode"]) == (status, name, status)
    message: str = body["error"]["message"]
    assert message
    assert message.isprintable()
    assert not re.search(r"/(work|root|home|tmp)/", message)
    return message


@pytest.fixture
def alice_api(alice: User, api_for: Callable[[User], APIClient]) -> APIClient:
    """A member of payments."""
    return api_for(alice)


@pytest.fixture
def bob_api(bob: User, api_for: Callable[[User], APIClient]) -> APIClient:
    """Another member of payments."""
    return api_for(bob)


@pytest.fixture
def charlie_api(charlie: User, api_for: Callable[[User], APIClient]) -> APIClient:
    """An outsider to payments."""
    return api_for(charlie)


@pytest.fixture
def admin_api(platform_admin: User, api_for: Callable[[User], APIClient]) -> APIClient:
    """A platform engineer."""
    return api_for(platform_admin)
