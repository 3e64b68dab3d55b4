"""The rules of capabilities wherever answers come in: runs, dry runs, the API, and upgrades."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rest_framework.test import APIClient

from portal.foundation.actors import Actor
from portal.foundation.errors import InputError
from portal.foundation.models import User
from scaffolder import services
from scaffolder.capabilities import catalogue_of, settle
from scaffolder.models import Run, RunEvent, TemplateVersion
from scaffolder.rendering import render_recorded
from tests.scaffolder import capability_library
from tests.scaffolder.capability_library import REF

VALUES: dict[str, Any] = {"name": "till", "description": "Takes money", "owner": "group:default/payments"}


def refused(call: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        call()
    return {".".join(map(str, error.path)): error.message for error in caught.value.fields}


def test_the_catalogue_knows_what_is_asked_for(shop: TemplateVersion) -> None:
    catalogue = catalogue_of(shop)
    assert [each.name for each in catalogue.asked] == capability_library.ASKED
    assert [each.name for each in catalogue.capabilities if not each.is_asked] == ["http"]
    assert catalogue.by_name["rbac"].title == "RBAC"
    assert catalogue.by_name["redis"].role == "cache"


def test_a_version_whose_library_is_gone_offers_nothing(shop: TemplateVersion) -> None:
    shop.digest = "sha256:gone"
    assert catalogue_of(shop).capabilities == ()
    assert settle(shop, {**VALUES, "rbac": True}).values["jwt"] is False


def test_what_comes_along_is_yes_in_the_answers_and_said(shop: TemplateVersion) -> None:
    answers = settle(shop, {**VALUES, "rbac": True, "jwt": False})
    assert answers.values["jwt"] is True
    assert "http" not in answers.values
    assert answers.along == {"jwt": "JWT comes along: RBAC needs it."}


def test_settled_answers_stay_as_they_are(shop: TemplateVersion) -> None:
    first = settle(shop, {**VALUES, "rbac": True, "ratelimit": True})
    assert settle(shop, first.values).values == first.values


def test_a_question_that_comes_up_with_what_comes_along_is_asked(
    shop: TemplateVersion,
) -> None:
    page = shop.manifest["spec"]["parameters"][1]
    issuer = {"properties": {"jwt": {"const": True}, "issuer": {"type": "string"}}, "required": ["issuer"]}
    page["dependencies"] = {"jwt": {"oneOf": [{"properties": {"jwt": {"const": False}}}, issuer]}}
    assert refused(lambda: settle(shop, {**VALUES, "rbac": True})) == {"issuer": "Please answer this."}
    assert settle(shop, {**VALUES, "rbac": True, "issuer": "https://id.example.com"}).values["issuer"]


def test_a_run_has_what_comes_along_and_logs_it(shop: TemplateVersion, actor: Actor) -> None:
    run = services.start_run(REF, {**VALUES, "rbac": True}, actor)
    assert run.values["jwt"] is True
    assert "JWT comes along: RBAC needs it." in [event.body["message"] for event in RunEvent.objects.filter(run=run)]


def test_the_same_request_again_is_the_same_run(shop: TemplateVersion, actor: Actor) -> None:
    one, two = (services.start_run(REF, {**VALUES, "rbac": True}, actor, idempotency_key="k") for _ in range(2))
    assert one.pk == two.pk


def test_a_dry_run_says_the_same_and_renders_it(shop: TemplateVersion, actor: Actor) -> None:
    done = services.dry_run(REF, {**VALUES, "rbac": True}, actor)
    assert done.along == {"jwt": "JWT comes along: RBAC needs it."}
    assert done.log[0] == {"message": "JWT comes along: RBAC needs it.", "stepId": "render"}
    paths = {file.path for file in done.preview.files}
    assert {"internal/jwt.go", "internal/rbac.go", "internal/http.go"} <= paths
    assert "internal/redis.go" not in paths


@pytest.mark.parametrize(
    ("chosen", "field", "words"),
    [
        ({"postgres": True, "sqlite": True}, "sqlite", "cannot be chosen together"),
        ({"rest": False, "jwt": True}, "jwt", "needs one of REST, gRPC or GraphQL"),
        ({"rest": False, "rbac": True}, "rbac", "JWT, which comes with RBAC"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_answer(
    shop: TemplateVersion, actor: Actor, chosen: dict[str, bool], field: str, words: str
) -> None:
    values = {**VALUES, **chosen}
    for call in (services.start_run, services.dry_run):
        assert words in refused(lambda call=call: call(REF, values, actor))[field]  # type: ignore[misc]
    assert not Run.objects.exists()


def test_the_api_names_the_answer(shop: TemplateVersion, alice: User, api_for: Callable[[User], APIClient]) -> None:
    client, values = api_for(alice), {**VALUES, "rest": False, "rbac": True}
    for path, body in (("tasks", {"templateRef": REF}), ("dry-run", {"template": REF})):
        response = client.post(f"/api/scaffolder/v2/{path}", {**body, "values": values}, format="json")
        assert response.status_code == 400
        error = response.json()["errors"][0]
        assert (error["path"], error["property"], error["name"]) == (["rbac"], "instance.rbac", "requiresAny")
        assert error["argument"] == ["rest", "grpc", "graphql"]


def test_the_api_adds_what_is_required(
    shop: TemplateVersion, alice: User, api_for: Callable[[User], APIClient]
) -> None:
    body = {"templateRef": REF, "values": {**VALUES, "rbac": True}}
    made = api_for(alice).post("/api/scaffolder/v2/tasks", body, format="json").json()
    assert Run.objects.get(pk=made["id"]).values["jwt"] is True


def test_an_upgrade_adds_what_a_newer_version_requires(shop: TemplateVersion, tmp_path: Path) -> None:
    lock = {"answers": {**VALUES, "crypto": True}, "context": {}}
    changed = yaml.safe_load(capability_library.manifest("crypto"))
    changed["spec"]["requires"] = ["postgres"]
    root = tmp_path / "templates" / "go"
    capability_library.write(root, {"capabilities/crypto/manifest.yaml": yaml.safe_dump(changed)})
    newer = services.register_templates()[0]
    assert newer.digest != shop.digest
    made = render_recorded(newer, lock, tmp_path / "out")
    assert made.lock["answers"]["postgres"] is True
    assert json.loads((tmp_path / "out/.goldpath/lock.json").read_text())["answers"]["crypto"] is True


def test_a_checklist_may_only_ask_for_capabilities_of_its_library(shop: TemplateVersion, tmp_path: Path) -> None:
    entity = yaml.safe_load(capability_library.template())
    entity["spec"]["parameters"][1]["properties"]["kafka"] = {"type": "boolean", "ui:field": "CapabilityPicker"}
    root = tmp_path / "templates" / "go"
    capability_library.write(root, {"services/shop/template.yaml": yaml.safe_dump(entity)})
    with pytest.raises(InputError, match="kafka: the library has no capability of this name"):
        services.register_templates()
