"""The OpenAPI document: valid, without warnings, and true of every operation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import call_command
from django.urls import URLResolver, get_resolver
from rest_framework.test import APIClient

from tests.conformance.api.conftest import BASE, document

OPERATIONS = [
    (path, method, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    if method in {"get", "post", "put", "patch", "delete"}
]
IDS = [f"{method} {path.removeprefix(BASE)}" for path, method, _ in OPERATIONS]


def test_the_document_is_valid_and_nothing_in_it_is_guessed(tmp_path: Path) -> None:
    target = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(target))
    assert yaml.safe_load(target.read_text())["openapi"].startswith("3.1")


def test_every_address_of_ours_and_no_other_is_in_the_document() -> None:
    ours = {
        f"{BASE}/{pattern.pattern}".replace("<str:", "{").replace(">", "}")
        for resolver in get_resolver().url_patterns
        if isinstance(resolver, URLResolver) and str(resolver.pattern) == "api/goldpath/v1/"
        for pattern in resolver.url_patterns
        if not str(pattern.pattern).startswith("openapi.")
    }
    assert set(document()["paths"]) == ours


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_an_operation_tells_its_errors_in_the_one_envelope(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    assert {"401", "429"} <= set(answers)
    assert any(status.startswith("2") for status in answers)
    assert "404" in answers or "{" not in path
    assert "400" in answers or method != "post"
    for status, answer in answers.items():
        if not status.startswith("2"):
            assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
            assert answer["description"]
    assert operation["description"]
    assert operation["security"] == [{"token": []}]


def examples(node: Any, inherited: Any = None) -> Iterator[tuple[Any, Any]]:
    """Yield every example of the document with the schema that it stands beside."""
    if isinstance(node, dict):
        schema = node.get("schema", inherited)
        for example in node.get("examples", {}).values() if isinstance(node.get("examples"), dict) else ():
            yield schema, example["value"]
        for value in node.values():
            yield from examples(value, schema)
    elif isinstance(node, list):
        for value in node:
            yield from examples(value, inherited)


def test_examples_fit_their_schemas() -> None:
    found = list(examples(document()["paths"]))
    assert len(found) >= 4
    for schema, value in found:
        whole = {**schema, "components": document()["components"]}
        jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker()).validate(value)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_document_is_served_to_everybody(form: str) -> None:
    response = APIClient().get(f"{BASE}/openapi.{form}")
    assert response.status_code == 200
    served = yaml.safe_load(response.content)  # JSON is YAML
    assert set(served["paths"]) == set(document()["paths"])
    assert served["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
