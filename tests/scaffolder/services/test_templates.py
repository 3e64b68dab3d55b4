"""Registering templates and finding them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

import catalog.services as catalog
from portal.foundation.errors import InputError, NotFoundError
from portal.foundation.models import User
from scaffolder import library, services
from scaffolder.models import TemplateVersion
from scaffolder.services import templates
from tests.scaffolder.fixed import MANIFEST
from tests.scaffolder.services.conftest import REF


def test_registering_puts_templates_into_the_database_and_the_catalog(template: TemplateVersion) -> None:
    assert template.is_current
    assert template.version == library.load().version
    entity = catalog.find(REF)
    assert entity is not None
    assert entity.document["spec"] == template.manifest["spec"]


def test_registering_again_changes_nothing(template: TemplateVersion) -> None:
    before = list(TemplateVersion.objects.values())
    services.register_templates()
    assert list(TemplateVersion.objects.values()) == before


def test_a_new_library_gives_new_versions_and_keeps_the_old_ones(
    template: TemplateVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = replace(library.load(), version="9.9.9", digest="sha256:new")
    monkeypatch.setattr(library, "load", lambda: newer)
    services.register_templates()
    assert services.find_template(REF).version == "9.9.9"
    template.refresh_from_db()
    assert not template.is_current


def test_going_back_makes_the_old_version_the_current_one_again(
    template: TemplateVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = replace(library.load(), version="9.9.9", digest="sha256:new")
    with monkeypatch.context() as patched:
        patched.setattr(library, "load", lambda: newer)
        services.register_templates()
    services.register_templates()
    assert services.find_template(REF) == template
    assert TemplateVersion.objects.current().filter(ref=REF).count() == 1


def test_a_template_that_left_the_library_is_not_found_any_more(
    template: TemplateVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = replace(library.load(), templates={})
    monkeypatch.setattr(library, "load", lambda: empty)
    services.register_templates()
    with pytest.raises(NotFoundError):
        services.find_template(REF)
    assert catalog.find(REF) is None


@pytest.mark.parametrize(
    "ref", [REF, "go-blank-service", "Template:Default/Go-Blank-Service", "default/go-blank-service"]
)
def test_a_template_is_found_by_every_form_of_its_reference(template: TemplateVersion, ref: str) -> None:
    assert services.find_template(ref) == template


def test_a_broken_template_is_refused_with_everything_that_is_wrong(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = library.load()
    manifest: dict[str, Any] = copy.deepcopy(dict(loaded.templates[REF].manifest))
    manifest["spec"]["steps"] = [
        {"id": "one", "action": "no:such", "input": {"a": "${{ steps.two.output.x }}"}},
        {"id": "one", "action": "goldpath:render", "each": "${{ parameters.list }}"},
        {"action": "goldpath:render"},
    ]
    manifest["spec"]["output"] = {"links": [{"url": "${{ secrets.x }}"}]}
    broken = replace(loaded, templates={REF: replace(loaded.templates[REF], manifest=manifest)})
    monkeypatch.setattr(library, "load", lambda: broken)
    with pytest.raises(InputError) as caught:
        services.register_templates()
    for part in ("no action no:such", "earlier step", "two steps are called one", "each is not", "no id", "secrets"):
        assert part in caught.value.message
    assert not TemplateVersion.objects.exists()


def test_a_template_without_steps_is_a_problem() -> None:
    manifest = {**MANIFEST, "spec": {**MANIFEST["spec"], "steps": []}}
    assert "it has no steps" in templates.problems(manifest, [])
    assert templates.problems(MANIFEST, []) == []


def test_an_entity_that_is_the_registered_one_is_taken(template: TemplateVersion) -> None:
    entity = catalog.find(REF)
    assert entity is not None
    assert services.same_template(catalog.entity_json(entity)) == template


def test_an_entity_with_another_spec_is_refused(template: TemplateVersion) -> None:
    changed = copy.deepcopy(template.manifest)
    changed["spec"]["steps"][0]["action"] = "debug:log"
    with pytest.raises(InputError, match="differs from the registered"):
        services.same_template(changed)


@pytest.mark.parametrize("entity", [{}, {"metadata": "x"}, {"metadata": {"name": 1}}])
def test_an_entity_without_a_name_is_refused(template: TemplateVersion, entity: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        services.same_template(entity)
