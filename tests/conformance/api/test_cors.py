"""Which origins' pages may call the API from a browser."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests.conformance.api.test_insights import RUN


@pytest.mark.django_db
def test_a_named_origin_may_call_from_the_browser(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://backstage.example"]
    asked: dict[str, Any] = {
        "HTTP_ORIGIN": "https://backstage.example",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization,content-type",
    }
    answer = APIClient().options(RUN, **asked)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "https://backstage.example"
    assert {"authorization", "content-type"} <= set(answer["Access-Control-Allow-Headers"].split(", "))
    assert {"GET", "POST", "PUT", "DELETE", "OPTIONS"} <= set(answer["Access-Control-Allow-Methods"].split(", "))
    assert "origin" in answer["Vary"].lower()
    assert "Access-Control-Allow-Credentials" not in answer
    refusal = APIClient().post(RUN, HTTP_ORIGIN="https://backstage.example")
    assert (refusal.status_code, refusal["Access-Control-Allow-Origin"]) == (401, "https://backstage.example")


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://backstage.example.evil.example"])
def test_another_origin_may_not_call_from_the_browser(settings: Settings, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://backstage.example"]
    answer = APIClient().options(RUN, HTTP_ORIGIN=origin, HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST")
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.django_db
def test_pages_are_for_no_other_origin(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://backstage.example"]
    answer = APIClient().get("/sign-in", HTTP_ORIGIN="https://backstage.example")
    assert "Access-Control-Allow-Origin" not in answer
