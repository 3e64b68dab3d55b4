"""Forms, actions and dry runs on the wire."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from portal.foundation.models import User
from scaffolder import services
from scaffolder.models import Run, TemplateVersion
from tests.scaffolder.api.conftest import BASE
from tests.scaffolder.api.test_tasks import assert_golden
from tests.scaffolder.fixed import MANIFEST, PAGES

SCHEMA = f"{BASE}/templates/default/template/fixed/parameter-schema"
BLANK = "template:default/go-blank-service"


def test_the_form_of_a_template_is_backstages(client: APIClient) -> None:
    response = client.get(SCHEMA)
    assert response.status_code == 200
    found = response.json()
    assert list(found) == ["title", "description", "steps"]
    assert found["title"] == "Fixed"
    assert found["steps"] == [
        {"title": "Service", "schema": PAGES[0]},
        {"title": "Ownership", "description": "Who answers for it.", "schema": PAGES[1]},
    ]


def test_a_form_that_has_not_changed_is_not_sent_again(client: APIClient, template: TemplateVersion) -> None:
    etag = client.get(SCHEMA)["ETag"]
    again = client.get(SCHEMA, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    TemplateVersion.objects.filter(pk=template.pk).update(digest="sha256:2")
    assert client.get(SCHEMA, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "path", ["default/template/none", "other/template/fixed", "default/component/fixed", "a%20b/template/x"]
)
def test_the_form_of_what_is_not_there_is_not_found(client: APIClient, path: str) -> None:
    response = client.get(f"{BASE}/templates/{path}/parameter-schema")
    assert response.status_code == 404
    assert response.json()["error"]["name"] == "NotFoundError"


def test_the_kind_in_the_address_may_be_written_as_backstage_does(client: APIClient) -> None:
    assert client.get(f"{BASE}/templates/default/Template/fixed/parameter-schema").status_code == 200


def test_actions_are_listed_with_their_schemas(client: APIClient) -> None:
    assert_golden("actions", client.get(f"{BASE}/actions").json())


@pytest.fixture
def blank(client: APIClient) -> TemplateVersion:
    """The real blank service, beside the fixed template."""
    return next(version for version in services.register_templates() if version.ref == BLANK)


def test_a_dry_run_answers_in_backstages_shape(
    client: APIClient, blank: TemplateVersion, request_body: dict[str, Any]
) -> None:
    body = {"template": blank.manifest, "values": request_body["values"], "secrets": {}, "directoryContents": []}
    response = client.post(f"{BASE}/dry-run", body, format="json")
    assert response.status_code == 200, response.content
    found = response.json()
    assert set(found) == {"log", "output", "steps", "directoryContents"}
    assert [set(step) for step in found["steps"]] == [{"id", "name", "action", "input"}] * 5
    assert all(set(line) == {"body"} and set(line["body"]) <= {"message", "stepId", "status"} for line in found["log"])
    files = {file["path"]: file for file in found["directoryContents"]}
    assert base64.b64decode(files["go.mod"]["base64Content"]).startswith(b"module ")
    assert all(set(file) == {"path", "executable", "base64Content"} for file in files.values())
    assert not Run.objects.exists()


def test_a_dry_run_takes_a_reference_too(
    client: APIClient, blank: TemplateVersion, request_body: dict[str, Any]
) -> None:
    body = {"template": BLANK, "values": request_body["values"]}
    assert client.post(f"{BASE}/dry-run", body, format="json").status_code == 200


def test_a_dry_run_says_that_files_sent_along_are_not_used(
    client: APIClient, blank: TemplateVersion, request_body: dict[str, Any]
) -> None:
    contents = [{"path": "a.txt", "base64Content": "eA=="}]
    body = {"template": BLANK, "values": request_body["values"], "directoryContents": contents}
    found = client.post(f"{BASE}/dry-run", body, format="json").json()
    assert "not used" in found["log"][0]["body"]["message"]


def test_a_dry_run_of_a_changed_template_is_refused(client: APIClient, request_body: dict[str, Any]) -> None:
    changed = copy.deepcopy(MANIFEST)
    changed["spec"]["steps"][0]["action"] = "debug:log"
    response = client.post(f"{BASE}/dry-run", {"template": changed, "values": request_body["values"]}, format="json")
    assert response.status_code == 400
    assert "differs from the registered template" in response.json()["error"]["message"]


def test_a_dry_run_of_an_unknown_template_is_not_found(client: APIClient, request_body: dict[str, Any]) -> None:
    unknown = {"metadata": {"name": "none"}, "spec": {}}
    response = client.post(f"{BASE}/dry-run", {"template": unknown, "values": request_body["values"]}, format="json")
    assert response.status_code == 404


@pytest.mark.parametrize("template", [None, 1, [], "", {"metadata": {}}])
def test_a_dry_run_of_nothing_is_refused(client: APIClient, template: Any) -> None:
    response = client.post(f"{BASE}/dry-run", {"template": template, "values": {}}, format="json")
    assert response.status_code == 400


def test_a_dry_run_refuses_values_in_the_shape_of_jsonschema(client: APIClient, request_body: dict[str, Any]) -> None:
    body = {"template": MANIFEST, "values": {**request_body["values"], "name": "../etc/passwd"}}
    response = client.post(f"{BASE}/dry-run", body, format="json")
    assert response.status_code == 400
    assert [error["property"] for error in response.json()["errors"]] == ["instance.name"]


def test_a_dry_run_refuses_secrets(client: APIClient, request_body: dict[str, Any]) -> None:
    body = {"template": MANIFEST, "values": request_body["values"], "secrets": {"a": "b"}}
    assert client.post(f"{BASE}/dry-run", body, format="json").status_code == 400


def test_a_body_of_more_than_ten_megabytes_is_refused(client: APIClient) -> None:
    response = client.post(f"{BASE}/dry-run", b"x" * (10 * 1024 * 1024 + 1), content_type="application/json")
    assert response.status_code == 413
    assert "bytes" in response.json()["error"]["message"]


def test_whoever_is_signed_in_may_read_forms(
    template: TemplateVersion, charlie: User, api_for: Callable[[User], APIClient]
) -> None:
    assert api_for(charlie).get(SCHEMA).status_code == 200
    assert APIClient().get(SCHEMA).status_code == 401
