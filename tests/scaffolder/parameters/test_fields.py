from __future__ import annotations

from typing import Any

from scaffolder.parameters import FormField, effective_page, form_fields, review
from tests.scaffolder.parameters.forms import GOOD, PAGES


def fields(number: int, values: dict[str, Any] | None = None) -> dict[str, FormField]:
    return {field.key: field for field in form_fields(PAGES[number], values or {})}


def test_order_puts_the_rest_at_the_star() -> None:
    assert list(fields(0)) == ["name", "notes", "description"]


def test_controls_follow_the_schema() -> None:
    kinds = {key: field.kind for number in range(3) for key, field in fields(number).items()}
    assert kinds == {
        "name": "name",
        "notes": "textarea",
        "description": "text",
        "owner": "entity",
        "lifecycle": "radio",
        "tags": "tags",
        "postgres": "checkbox",
        "replicas": "number",
        "regions": "checkboxes",
        "expires": "text",
    }


def test_hints_reach_the_field() -> None:
    name = fields(0)["name"]
    assert name.has_autofocus
    assert name.is_required
    assert name.help.startswith("Lower-case")
    assert fields(2)["expires"].input_type == "date"


def test_choices_carry_their_names() -> None:
    choices = fields(1)["lifecycle"].choices
    assert [(choice.value, choice.label) for choice in choices][1] == ("production", "In production")


def test_a_question_that_decides_others_is_marked() -> None:
    assert fields(2)["postgres"].is_controlling
    assert not fields(2)["expires"].is_controlling


def test_a_dependent_question_appears_with_its_condition() -> None:
    assert "database" not in fields(2, {"postgres": False})
    assert fields(2, {"postgres": True})["database"].value == "main"
    assert "pager" in fields(2, {"lifecycle": "production"})


def test_the_owner_picker_asks_for_groups_only_when_told_so() -> None:
    assert fields(1)["owner"].entity_filter == ({"kind": "Group"},)
    plain = form_fields({"properties": {"o": {"ui:field": "OwnerPicker"}}}, {})[0]
    assert plain.entity_filter == ({"kind": ["Group", "User"]},)


def test_groups_have_children() -> None:
    page = {"properties": {"db": {"type": "object", "required": ["host"], "properties": {"host": {"type": "string"}}}}}
    child = form_fields(page, {"db": {"host": "h"}})[0].children[0]
    assert (child.name, child.html_id, child.value, child.is_required) == ("db.host", "field-db-host", "h", True)


def test_an_effective_page_has_no_conditions_left() -> None:
    page = effective_page(PAGES[2], {"postgres": True, "replicas": 2})
    assert not {"dependencies", "if", "then", "else"} & set(page)
    assert page["required"] == ["regions", "database"] or set(page["required"]) == {"regions", "database"}


def test_review_reads_in_the_words_of_the_form() -> None:
    answers = {**GOOD, "lifecycle": "production", "postgres": True, "regions": ["eu", "us"]}
    lines = {answer.key: answer.text for answer in review(PAGES, answers)}
    assert lines["lifecycle"] == "In production"
    assert lines["postgres"] == "Yes"
    assert lines["regions"] == "eu, us"


def test_review_hides_masks_and_renames() -> None:
    page = {
        "properties": {
            "a": {"type": "string", "ui:backstage": {"review": {"show": False}}},
            "b": {"type": "string", "ui:backstage": {"review": {"mask": "###", "name": "Bee"}}},
        }
    }
    assert [(line.label, line.text) for line in review([page], {"a": "1", "b": "2"})] == [("Bee", "###")]
