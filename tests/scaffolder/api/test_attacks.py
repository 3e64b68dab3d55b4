"""Attacks on the scaffolder's API: each is refused at its field, with words that help, at every door that takes values.

The same attacks on the form are in tests/portal/web/test_attacks.py, on git in tests/scaffolder/forges/test_http.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from portal.foundation.models import User
from scaffolder import services
from scaffolder.models import Repository, Run
from tests.scaffolder.api.conftest import BASE
from tests.scaffolder.fixed import REF

DOORS = ("tasks", "dry-run")
FORM = "This is not in the form that is asked for."


def ask(client: APIClient, door: str, *, ref: str = REF, **changed: Any) -> Any:
    """Ask for a run, or a dry run, of a template with good answers, but for those that are changed."""
    values = {
        "name": "payment-ledger",
        "description": "Keeps the books",
        "owner": "group:default/payments",
        "lifecycle": "experimental",
        **changed,
    }
    template = {"templateRef": ref} if door == "tasks" else {"template": ref}
    return client.post(f"{BASE}/{door}", {**template, "values": values, "secrets": {}}, format="json")


def assert_refused(response: Any, field: str, words: str) -> None:
    """The answer names the field, says what is wrong with it, and nothing was made."""
    assert response.status_code == 400, response.content
    error = response.json()["errors"][0]
    assert error["path"] == [field]
    assert error["property"] == f"instance.{field}"
    assert words in error["message"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..", "a/b", "/abs", "a\\b", "%2e%2e%2f", "..%2fx", "~root", "a.git", ".git", "C:x", "a/../b"],
)
def test_path_traversal_in_a_name_is_refused(client: APIClient, door: str, name: str) -> None:
    assert_refused(ask(client, door, name=name), "name", FORM)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["--upload-pack=touch", "-c", "-rf", "--", "ext::sh", "HEAD@{0}", "a:b"])
def test_git_option_injection_by_a_name_is_refused(client: APIClient, door: str, name: str) -> None:
    assert_refused(ask(client, door, name=name), "name", FORM)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("value", ["\x00", "a\x1b[31m", "a\x07", "a\u202eb", "a\u2028b", "a\r\nb: c"])
def test_control_characters_in_a_value_are_refused(client: APIClient, door: str, value: str) -> None:
    words = "one line" if "\n" in value else "control character"
    assert_refused(ask(client, door, description=value), "description", words)


@pytest.mark.parametrize("door", DOORS)
def test_a_value_of_a_megabyte_is_refused(client: APIClient, door: str) -> None:
    response = ask(client, door, description="x" * 1_000_000)
    assert_refused(response, "description", "at most 10,000 characters; this has 1,000,000")
    assert len(response.content) < 5_000


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("lifecycle", "gone", "experimental, production"),
        ("description", 7, "must be text"),
        ("name", "Ledger!", FORM),
        ("admin", True, "does not ask for this"),
    ],
)
def test_a_value_against_the_schema_is_refused(
    client: APIClient, door: str, field: str, value: Any, words: str
) -> None:
    assert_refused(ask(client, door, **{field: value}), field, words)


@pytest.mark.parametrize("door", DOORS)
def test_a_taken_name_is_refused(client: APIClient, door: str) -> None:
    Repository.objects.create(name="payment-ledger", owner_ref="group:default/identity")
    assert_refused(ask(client, door), "name", "a repository called payment-ledger already. Choose another name.")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("name", "words"),
    [("con", "on Windows"), ("v1", "a version"), ("kubernetes", "Kubernetes itself"), ("vendor", "Go")],
)
def test_a_name_that_means_something_else_is_refused(client: APIClient, door: str, name: str, words: str) -> None:
    response = ask(client, door, name=name)
    assert_refused(response, "name", f"No service can be called {name}: ")
    assert_refused(response, "name", words)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("fmt", FORM),
        ("net/http", FORM),
        ("example.com/.x", FORM),
        ("example.com/vendor/x", "Go refuses vendor in a module path"),
        ("example.com/x/con", "Go refuses con in a module path"),
        ("example.com/x/v1", "A module path cannot end in v1"),
        ("github.com/gin-gonic/gin", "Services require github.com/gin-gonic/gin, and Go could not tell it from"),
    ],
)
def test_a_module_path_that_go_cannot_build_is_refused(client: APIClient, door: str, path: str, words: str) -> None:
    services.register_templates()
    chosen = {"customModulePath": True, "modulePath": path}
    response = ask(client, door, ref="template:default/go-blank-service", **chosen)
    assert_refused(response, "modulePath", words)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("owner", ["group:default/nobody", "user:default/alice", "component:default/x", "nobody"])
def test_an_unknown_owner_is_refused(client: APIClient, door: str, owner: str) -> None:
    assert_refused(ask(client, door, owner=owner), "owner", f"There is no group {owner} in the catalog")


@pytest.mark.parametrize("door", DOORS)
def test_another_team_as_owner_is_refused(client: APIClient, door: str) -> None:
    assert_refused(ask(client, door, owner="group:default/identity"), "owner", "You are not a member")


@pytest.mark.parametrize(
    "value", ["{{ 7*7 }}", "{% debug %}", "[[= 7*7 ]]", "//% if x", "${{ user.ref }}", "<%% set x = 1 %%>"]
)
def test_template_syntax_in_a_value_stays_text(client: APIClient, value: str) -> None:
    assert ask(client, "tasks", description=value).status_code == 201
    run = Run.objects.get()
    assert run.values["description"] == value
    told = client.get(f"{BASE}/tasks/{run.pk}").json()["spec"]["parameters"]
    assert told["description"] == value


@pytest.mark.parametrize("token", ["", "gp_" + "0" * 64, "gp_" + "A" * 64, "gp_", "0" * 40])
def test_a_forged_token_starts_and_stops_nothing(client: APIClient, task_id: str, token: str) -> None:
    forged = APIClient()
    forged.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    for path in ("tasks", "dry-run", f"tasks/{task_id}/cancel", f"tasks/{task_id}/retry"):
        response = forged.post(f"{BASE}/{path}", {}, format="json")
        assert response.status_code == 401, path
        assert response.json()["error"]["name"] == "AuthenticationError"
    assert Run.objects.get().status == "queued"


def test_cross_site_request_forgery_with_a_session_is_refused(client: APIClient, task_id: str, alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    for path in ("tasks", "dry-run", f"tasks/{task_id}/cancel", f"tasks/{task_id}/retry"):
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            assert browser.post(f"{BASE}/{path}", "{}", content_type=kind).status_code == 401, path
    assert Run.objects.get().status == "queued"
