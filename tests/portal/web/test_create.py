from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from portal.foundation.models import User
from portal.web.forms import SHOWN
from scaffolder.models import Draft, Repository, Run, TemplateVersion
from tests.portal.web.conftest import ANSWERS, START

FIRST = {SHOWN: ["name", "description"], "name": "ledger", "description": "Keeps the books"}
SECOND = {
    SHOWN: ["owner", "system", "lifecycle"],
    "owner": "group:default/payments",
    "system": "",
    "lifecycle": "production",
}
THIRD = {SHOWN: ["postgres", "logger", "customModulePath"], "logger": "zap"}


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def begin(client: Client, **changed: Any) -> HttpResponse:
    response: HttpResponse = client.post(START, {**FIRST, **changed})  # type: ignore[assignment]
    return response


def test_cards_lead_to_the_form(alice_web: Client, template: TemplateVersion) -> None:
    assert f'href="{START}"' in text(alice_web.get("/create"))
    page = text(alice_web.get(START))
    assert 'name="name"' in page
    assert "autofocus" in page


def test_page_by_page_to_a_run(alice_web: Client, template: TemplateVersion) -> None:
    second = begin(alice_web).headers["Location"]
    assert second.endswith("/2")
    third = alice_web.post(second, SECOND).headers["Location"]
    review = alice_web.post(third, THIRD).headers["Location"]
    assert "Ready to create" in text(alice_web.get(review))
    run = alice_web.post(review.replace("review", "submit")).headers["Location"]
    assert "ledger" in text(alice_web.get(run))
    values = Run.objects.get().values
    assert (values["lifecycle"], values["logger"], values["postgres"]) == ("production", "zap", False)


def test_errors_stand_beside_their_fields_and_values_are_kept(alice_web: Client, template: TemplateVersion) -> None:
    response = begin(alice_web, name="Not A Name", description="")
    page = text(response)
    assert response.status_code == 422
    assert 'value="Not A Name"' in page
    assert 'aria-describedby="field-name-hint field-name-answer field-name-error"' in page
    assert 'id="field-name-error"' in page
    assert 'href="#field-description"' in page
    assert not Draft.objects.exists()


def test_a_taken_name_is_refused_on_its_page(alice_web: Client, made: Run) -> None:
    assert "already" in text(begin(alice_web))


def test_going_back_keeps_what_was_typed(alice_web: Client, draft: Draft) -> None:
    half = {**SECOND, "owner": "", "go": "back"}
    back = alice_web.post(f"/create/draft/{draft.pk}/2", half)
    assert back.headers["Location"].endswith("/1")
    draft.refresh_from_db()
    assert draft.values["lifecycle"] == "production"
    assert "owner" not in draft.values


def test_an_owner_of_another_team_is_not_offered(alice_web: Client, charlie_web: Client, draft: Draft) -> None:
    page = text(alice_web.get(f"/create/draft/{draft.pk}/2"))
    assert "group:default/payments" in page
    assert "group:default/identity" not in page


def test_a_forged_owner_is_refused(alice_web: Client, draft: Draft) -> None:
    alice_web.post(f"/create/draft/{draft.pk}/2", {**SECOND, "owner": "group:default/identity"})
    response = alice_web.post(f"/create/draft/{draft.pk}/submit", follow=True)
    assert "not a member" in text(response)
    assert not Run.objects.exists()


def test_a_dependent_question_appears_without_javascript(alice_web: Client, draft: Draft) -> None:
    address = f"/create/draft/{draft.pk}/3"
    assert 'name="modulePath"' not in text(alice_web.get(address))
    page = text(alice_web.post(address, {**THIRD, "customModulePath": "true"}))
    assert 'name="modulePath"' in page
    assert "Please answer this" in page


def test_the_fragment_shows_a_dependent_question_and_keeps_nothing(alice_web: Client, draft: Draft) -> None:
    sent = {**THIRD, "customModulePath": "true", "_draft": str(draft.pk)}
    page = text(alice_web.post(f"{START}/3/fields", sent, headers={"HX-Request": "true"}))
    assert 'name="modulePath"' in page
    assert "<html" not in page
    draft.refresh_from_db()
    assert draft.values == ANSWERS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ledger-two", "is free"),
        ("", ""),
        ("../etc", "letters and digits"),
        ("{{7*7}}", "letters and digits"),
        ("func", "is free"),
        ("con", "on Windows it is a device"),
        ("x" * 51, "2 to 50 lower-case letters"),
    ],
)
def test_the_live_answer_about_a_name(alice_web: Client, db: None, name: str, words: str) -> None:
    page = text(alice_web.get("/create/name", {"name": name}))
    assert words in page
    assert "49" not in page


def test_the_live_answer_knows_a_taken_name(alice_web: Client, made: Run) -> None:
    assert "already" in text(alice_web.get("/create/name", {"name": "ledger"}))


def test_sending_the_review_twice_starts_one_run(alice_web: Client, draft: Draft) -> None:
    address = f"/create/draft/{draft.pk}/submit"
    first, second = alice_web.post(address), alice_web.post(address)
    assert first.headers["Location"] == second.headers["Location"]
    assert Run.objects.count() == 1
    assert not Draft.objects.exists()


def test_the_review_makes_nothing(alice_web: Client, draft: Draft) -> None:
    page = text(alice_web.get(f"/create/draft/{draft.pk}/review"))
    assert "/git/default/ledger.git" in page
    assert "go.mod" in page
    assert not Run.objects.exists()
    assert not Repository.objects.exists()


def test_any_file_of_the_render_can_be_read_before(alice_web: Client, draft: Draft) -> None:
    address = f"/create/draft/{draft.pk}/review?path=go.mod"
    for headers in ({}, {"HX-Request": "true"}):
        assert "indirect" in text(alice_web.get(address, headers=headers))


@pytest.mark.parametrize("path", ["../../secret_key", "/etc/passwd", "..%2f..%2fx", ".git/config"])
def test_path_traversal_in_the_review_is_refused(alice_web: Client, draft: Draft, path: str) -> None:
    assert alice_web.get(f"/create/draft/{draft.pk}/review", {"path": path}).status_code == 404


def test_a_half_filled_draft_leads_back_to_what_is_missing(alice_web: Client, draft: Draft) -> None:
    Draft.objects.update(values={"name": "ledger", "description": "Keeps the books"})
    response = alice_web.get(f"/create/draft/{draft.pk}/review")
    assert response.headers["Location"] == f"/create/draft/{draft.pk}/2?check=1"
    assert "Please answer this" in text(alice_web.get(response.headers["Location"]))


def test_somebody_elses_draft_is_not_there(charlie_web: Client, draft: Draft) -> None:
    for step in ("1", "review"):
        assert charlie_web.get(f"/create/draft/{draft.pk}/{step}").status_code == 404
    for step in ("1", "submit", "discard"):
        assert charlie_web.post(f"/create/draft/{draft.pk}/{step}").status_code == 404
    assert Draft.objects.filter(pk=draft.pk).exists()


def test_a_draft_that_never_was_is_not_there(alice_web: Client) -> None:
    assert alice_web.post(f"/create/draft/{uuid.uuid4()}/submit").status_code == 404


@pytest.mark.parametrize("number", [0, 4, 99])
def test_a_page_that_is_not_there(alice_web: Client, draft: Draft, number: int) -> None:
    assert alice_web.get(f"/create/draft/{draft.pk}/{number}").status_code == 404
    assert alice_web.post(f"{START}/{number}/fields").status_code == 404


def test_discarding_a_draft(alice_web: Client, draft: Draft) -> None:
    assert "ledger" in text(alice_web.get("/create"))
    alice_web.post(f"/create/draft/{draft.pk}/discard")
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "description", ["{{ 7*7 }}", "{% debug %}", "[[= 7*7 ]]", "<script>alert(1)</script>", "${{ user.ref }}"]
)
def test_template_syntax_and_markup_in_a_value_stay_text(
    alice_web: Client, template: TemplateVersion, description: str
) -> None:
    begin(alice_web, description=description)
    draft = Draft.objects.get()
    assert draft.values["description"] == description
    page = text(alice_web.get(f"/create/draft/{draft.pk}/1"))
    assert "<script>alert" not in page
    assert "49" not in page.partition("field-description")[2]


def test_control_characters_are_refused_and_not_kept(alice_web: Client, draft: Draft) -> None:
    sent = {**FIRST, "name": "ledger", "description": "a\x1b[31mb", "go": "back"}
    response = alice_web.post(f"/create/draft/{draft.pk}/1", sent)
    assert "control character" in text(response)
    draft.refresh_from_db()
    assert draft.values == ANSWERS


def test_one_megabyte_value_is_refused(alice_web: Client, template: TemplateVersion) -> None:
    response = begin(alice_web, description="x" * 2**20)
    assert response.status_code == 422
    assert not Draft.objects.exists()


def test_a_draft_moves_to_the_new_version_of_its_template(alice_web: Client, draft: Draft) -> None:
    old = draft.template
    TemplateVersion.objects.filter(pk=old.pk).update(is_current=False)
    new = TemplateVersion.objects.create(
        ref=old.ref, version="9.0.0", digest="sha256:new", library=old.library, manifest=old.manifest
    )
    alice_web.get(f"/create/draft/{draft.pk}/1")
    draft.refresh_from_db()
    assert draft.template == new


def test_old_drafts_are_forgotten(alice_web: Client, alice: User, template: TemplateVersion) -> None:
    Draft.objects.bulk_create(Draft(user=alice, template=template) for _ in range(60))
    begin(alice_web)
    assert Draft.objects.count() == 50
