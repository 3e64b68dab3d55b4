"""Choosing capabilities in the wizard, as it works without JavaScript, and the picture that the script asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from catalog.services import actor_for
from portal.foundation.models import User
from portal.web.forms import SHOWN
from scaffolder import services
from scaffolder.library import loading
from scaffolder.models import Draft, Run, TemplateVersion
from tests.portal.web.test_create import text
from tests.scaffolder import capability_library
from tests.scaffolder.capability_library import ASKED

VALUES: dict[str, Any] = {"name": "till", "description": "Takes money", "owner": "group:default/payments"}
PICTURE = "/create/default/shop/architecture"


@pytest.fixture
def shop(
    tmp_path: Path, settings: Settings, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> TemplateVersion:
    """The template that asks for every capability."""
    monkeypatch.setattr(loading, "LOOK_AGAIN_SECONDS", 0)
    settings.GOLDPATH_TEMPLATES = tmp_path / "templates"
    capability_library.write(tmp_path / "templates" / "go")
    return services.register_templates()[0]


@pytest.fixture
def half(alice: User, shop: TemplateVersion) -> Draft:
    """A draft that has come to the page of capabilities."""
    return Draft.objects.create(user=alice, template=shop, values=VALUES)


def sent(*ticked: str) -> dict[str, Any]:
    return {SHOWN: [*ASKED, "logger"], **dict.fromkeys(ticked, "true"), "logger": "logrus"}


def box(page: str, name: str) -> str:
    """Return the part of the page that is the box of a capability."""
    found = re.search(
        rf'<input type="hidden" name="_shown" value="{name}">(.*?)(?=name="_shown"|</fieldset>)', page, re.DOTALL
    )
    assert found, name
    return found[1]


def show(client: Client, draft: Draft, **values: bool) -> str:
    Draft.objects.filter(pk=draft.pk).update(values={**VALUES, **values})
    return text(client.get(f"/create/draft/{draft.pk}/2"))


def parts(page: str) -> set[str]:
    return set(re.findall(r'data-part="([^"]+)"', page))


def test_boxes_stand_in_groups_with_what_they_bring_and_need(alice_web: Client, half: Draft) -> None:
    page = show(alice_web, half)
    titles = re.findall(r'class="boxes-title">(\w+)', page)
    assert titles == ["APIs", "Guards", "Data", "Observability", "Inside"]
    rbac = box(page, "rbac")
    assert "Decides by role who may do what." in rbac
    assert "Policy as data, tested as a table" in rbac
    assert '<li class="tag">Needs JWT</li>' in rbac
    assert "Needs one of REST, gRPC or GraphQL" in box(page, "jwt")
    assert "Not with SQLite" in box(page, "postgres")
    assert "Not with PostgreSQL" in box(page, "sqlite")


def test_an_internal_capability_is_no_box(alice_web: Client, half: Draft) -> None:
    assert 'name="http"' not in show(alice_web, half)


def test_other_questions_of_the_page_stay_as_they_are(alice_web: Client, half: Draft) -> None:
    page = show(alice_web, half)
    assert page.count('name="logger"') == 2
    assert page.index('id="architecture"') < page.index('name="logger"')


def test_what_comes_along_is_ticked_closed_and_explained(alice_web: Client, half: Draft) -> None:
    jwt = box(show(alice_web, half, rest=True, rbac=True), "jwt")
    assert "checked disabled" in jwt
    assert "Comes along: RBAC needs it." in jwt


def test_what_was_wanted_anyway_stays_open(alice_web: Client, half: Draft) -> None:
    jwt = box(show(alice_web, half, rest=True, rbac=True, jwt=True), "jwt")
    assert "data-wanted checked" in jwt
    assert " disabled" not in jwt


def test_the_draft_keeps_wishes_and_the_run_gets_what_comes_along(alice_web: Client, half: Draft) -> None:
    review = alice_web.post(f"/create/draft/{half.pk}/2", sent("rest", "rbac")).headers["Location"]
    half.refresh_from_db()
    assert half.values["jwt"] is False
    page = text(alice_web.get(review))
    assert "Comes along: RBAC needs it." in page
    assert {"rest", "jwt", "rbac", "no-store"} <= parts(page)
    alice_web.post(review.replace("review", "submit"))
    assert Run.objects.get().values["jwt"] is True


def test_what_comes_along_is_said_on_the_next_page(alice_web: Client, half: Draft, shop: TemplateVersion) -> None:
    pages = shop.manifest["spec"]["parameters"]
    shop.manifest["spec"]["parameters"] = [*pages, {"title": "Last", "properties": {"note": {"type": "string"}}}]
    shop.save(update_fields=["manifest"])
    page = text(alice_web.post(f"/create/draft/{half.pk}/2", sent("rest", "rbac"), follow=True))
    assert "JWT comes along: RBAC needs it." in page


@pytest.mark.parametrize(
    ("ticked", "field", "title", "words"),
    [
        (("rest", "postgres", "sqlite"), "sqlite", "SQLite", "PostgreSQL and SQLite cannot be chosen together."),
        (("rbac",), "rbac", "RBAC", "JWT, which comes with RBAC, needs one of REST, gRPC or GraphQL."),
        (("ratelimit",), "ratelimit", "Rate limit", "Rate limit needs one of REST, gRPC or GraphQL."),
    ],
)
def test_what_does_not_fit_is_refused_beside_its_box(
    alice_web: Client, half: Draft, ticked: tuple[str, ...], field: str, title: str, words: str
) -> None:
    response = alice_web.post(f"/create/draft/{half.pk}/2", sent(*ticked))
    page = text(response)
    assert response.status_code == 422
    assert words in box(page, field)
    assert 'aria-invalid="true"' in box(page, field)
    assert f'<a href="#field-{field}">{title}</a>: {words}' in page
    assert {each for each in ASKED if " checked" in box(page, each)} >= set(ticked)


def test_a_refused_choice_is_drawn_as_it_is(alice_web: Client, half: Draft) -> None:
    page = text(alice_web.post(f"/create/draft/{half.pk}/2", sent("rbac")))
    assert {"no-api", "jwt", "rbac"} <= parts(page)


def test_a_draft_that_does_not_fit_leads_back_to_the_page(alice_web: Client, half: Draft) -> None:
    show(alice_web, half, postgres=True, sqlite=True)
    response = alice_web.get(f"/create/draft/{half.pk}/review", follow=True)
    assert response.redirect_chain[-1][0] == f"/create/draft/{half.pk}/2?check=1"
    assert "cannot be chosen together" in box(text(response), "sqlite")


def test_a_plain_box_named_as_a_capability_follows_the_rules_too(
    alice_web: Client, half: Draft, shop: TemplateVersion
) -> None:
    for name in ASKED:
        del shop.manifest["spec"]["parameters"][1]["properties"][name]["ui:field"]
    shop.save(update_fields=["manifest"])
    page = text(alice_web.post(f"/create/draft/{half.pk}/2", sent("rbac")))
    assert "data-capabilities" not in page
    assert "needs one of REST, gRPC or GraphQL" in page


def test_a_template_whose_library_is_gone_shows_plain_boxes(
    alice_web: Client, half: Draft, shop: TemplateVersion
) -> None:
    TemplateVersion.objects.filter(pk=shop.pk).update(digest="sha256:gone")
    page = show(alice_web, half)
    assert "data-capabilities" not in page
    assert 'name="rbac"' in page


def test_the_template_page_calls_capabilities_by_their_titles(alice_web: Client, shop: TemplateVersion) -> None:
    page = text(alice_web.get("/templates/default/shop"))
    assert "Rate limit" in page
    assert "CapabilityPicker" in page


def test_the_picture_follows_the_boxes(alice_web: Client, shop: TemplateVersion) -> None:
    page = text(alice_web.get(PICTURE, {"rest": "true", "rbac": "true", "_name": "till"}))
    assert {"rest", "jwt", "rbac", "no-store"} <= parts(page)
    assert "postgres" not in parts(page)
    assert "<html" not in page
    assert "<li>Each call passes JWT (who is calling) and RBAC (who may do what).</li>" in page


def test_the_picture_is_well_formed_and_named(alice_web: Client, shop: TemplateVersion) -> None:
    page = text(alice_web.get(PICTURE, dict.fromkeys(ASKED, "true")))
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 2
    ids: list[str] = []
    for drawing in drawings:
        tree = ElementTree.fromstring(drawing)
        assert tree.attrib["role"] == "img"
        found = {each.attrib["id"]: each.text for each in tree.iter() if "id" in each.attrib}
        assert found[tree.attrib["aria-labelledby"]] == "Architecture of your service"
        assert found[tree.attrib["aria-describedby"]]
        ids += found
    assert len(ids) == len(set(ids))


def test_what_is_not_asked_for_cannot_be_drawn(alice_web: Client, shop: TemplateVersion) -> None:
    page = text(alice_web.get(PICTURE, {"http": "true", "kafka": "true", "logger": "true"}))
    assert parts(page) == {"callers", "no-api", "no-guard", "core", "no-store"}


def test_a_name_in_the_picture_stays_text(alice_web: Client, shop: TemplateVersion) -> None:
    page = text(alice_web.get(PICTURE, {"_name": "</text><script>alert(1)</script>{{7*7}}"}))
    assert "<script>" not in page
    assert "{{7*7}}" in page


def test_a_service_shows_the_picture_of_what_it_was_rendered_with(alice_web: Client, alice: User, half: Draft) -> None:
    run = services.start_run(half.template.ref, {**VALUES, "rbac": True}, actor_for(alice))
    services.advance(run.pk)
    page = text(alice_web.get("/catalog/component/default/till"))
    assert {"rest", "jwt", "rbac"} <= parts(page)
    assert "Architecture of till" in page
    TemplateVersion.objects.update(digest="sha256:gone")
    assert "Architecture of" not in text(alice_web.get("/catalog/component/default/till"))


def test_the_picture_of_what_is_not_there(alice_web: Client, client: Client, shop: TemplateVersion) -> None:
    assert alice_web.get("/create/default/nothing/architecture").status_code == 404
    assert client.get(PICTURE).status_code == 302
    assert alice_web.post(PICTURE).status_code == 405
