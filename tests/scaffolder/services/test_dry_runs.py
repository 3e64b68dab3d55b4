"""What a run would do, without doing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.foundation.actors import Actor
from portal.foundation.errors import InputError, NotFoundError
from scaffolder import previews, services
from scaffolder.models import TemplateVersion
from tests.scaffolder.services.conftest import REF


def test_a_dry_run_says_what_each_step_would_do_and_where(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    done = services.dry_run(REF, values, actor)
    assert [step.id for step in done.steps] == ["render", "verify", "publish", "protect", "register"]
    said = {step.id: [(effect.kind, effect.target) for effect in step.effects] for step in done.steps}
    clone, web = (
        "http://127.0.0.1:8000/git/default/payment-ledger.git",
        "http://127.0.0.1:8000/git/default/payment-ledger",
    )
    assert said["publish"] == [("repository", clone), ("commit", web)]
    assert said["protect"] == [("protection", "")]
    assert said["register"] == [
        ("entity", "component:default/payment-ledger"),
        ("entity", "api:default/payment-ledger-api"),
    ]
    assert done.output["links"][0]["url"] == clone
    assert done.output["links"][1]["entityRef"] == "component:default/payment-ledger"
    assert done.steps[2].input["name"] == "payment-ledger"
    assert {line["stepId"] for line in done.log} == {step.id for step in done.steps}
    assert any(file.path == "cmd/server/main.go" for file in done.preview.files)
    assert b"payment-ledger" in done.preview.read("catalog-info.yaml")


def test_a_dry_run_touches_nothing_outside(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, goldpath_home: Path
) -> None:
    before = {model: model.objects.count() for model in apps.get_models()}  # type: ignore[attr-defined]
    with CaptureQueriesContext(connection) as queries:
        services.dry_run(REF, values, actor)
    assert not [query["sql"] for query in queries if not query["sql"].startswith("SELECT")]
    assert {model: model.objects.count() for model in apps.get_models()} == before  # type: ignore[attr-defined]
    assert not (goldpath_home / "git").exists() or not list((goldpath_home / "git").iterdir())
    assert {path.name for path in goldpath_home.iterdir()} <= {"cache", "git", "run"}


def test_a_dry_run_is_what_the_run_then_makes(template: TemplateVersion, values: dict[str, Any], actor: Actor) -> None:
    planned = services.dry_run(REF, values, actor)
    run = services.start_run(REF, values, actor)
    services.advance(run.pk)
    assert run.steps.get(key="render").output["digest"] == planned.preview.digest


def test_a_dry_run_refuses_what_a_run_refuses(
    template: TemplateVersion, values: dict[str, Any], actor: Actor, outsider: Actor
) -> None:
    with pytest.raises(InputError):
        services.dry_run(REF, {**values, "name": "../x"}, actor)
    with pytest.raises(InputError):
        services.dry_run(REF, values, outsider)
    with pytest.raises(NotFoundError):
        services.dry_run("template:default/none", values, actor)


def test_a_step_whose_condition_does_not_hold_is_planned_as_skipped(
    template: TemplateVersion, values: dict[str, Any], actor: Actor
) -> None:
    manifest = template.manifest
    manifest["spec"]["steps"][1]["if"] = "${{ parameters.postgres }}"
    TemplateVersion.objects.filter(pk=template.pk).update(manifest=manifest)
    done = services.dry_run(REF, values, actor)
    assert [step.is_skipped for step in done.steps] == [False, True, False, False, False]


def test_a_preview_is_rendered_once(
    template: TemplateVersion, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {**values, "logger": "zap", "postgres": False}
    first = previews.preview(template, answers)
    monkeypatch.setattr(previews, "_make", lambda *_: pytest.fail("rendered twice"))
    assert previews.preview(template, answers) == first


@pytest.mark.parametrize("path", ["../files.json", "/etc/passwd", "tree/go.mod", "", "cmd", "nothing"])
def test_path_traversal_in_a_preview_is_not_found(template: TemplateVersion, values: dict[str, Any], path: str) -> None:
    shown = previews.preview(template, {**values, "logger": "zap", "postgres": False})
    with pytest.raises(NotFoundError):
        shown.read(path)


def test_previews_are_bounded_and_the_last_used_stay(
    template: TemplateVersion, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch, goldpath_home: Path
) -> None:
    import os

    kept = [previews.preview(template, {**values, "name": f"service-{number}"}) for number in range(3)]
    for age, shown in enumerate([10, 0, 20]):
        os.utime(kept[age].folder, (1_700_000_000 - shown, 1_700_000_000 - shown))
    assert previews.trim(keep=1) == 2
    assert [path.name for path in (goldpath_home / "cache" / "previews").iterdir()] == [kept[1].key]
