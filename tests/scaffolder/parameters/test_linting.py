from __future__ import annotations

from typing import Any

import pytest

from portal.foundation.errors import InputError
from scaffolder.parameters import capability_questions, lint, validate
from tests.scaffolder.parameters.forms import PAGES


def page(**schema: Any) -> list[dict[str, Any]]:
    return [{"properties": {"field": {"type": "string", **schema}}}]


def capabilities(*keys: str) -> dict[str, Any]:
    return {"properties": {key: {"type": "boolean", "ui:field": "CapabilityPicker"} for key in keys}}


def test_a_checklist_of_capabilities_is_a_good_form() -> None:
    assert lint([capabilities("rest", "grpc")]) == ()
    assert capability_questions([*page(), capabilities("rest", "grpc")]) == ["rest", "grpc"]


def test_a_good_form_has_no_problems() -> None:
    assert lint(PAGES) == ()


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        (page(**{"ui:field": "Secret"}), "asks for a secret"),
        (page(**{"ui:widget": "password"}), "asks for a secret"),
        (page(**{"ui:field": "RepoUrlPicker"}), "foreign host"),
        (page(type="word"), "is not a JSON Schema"),
        ([{"properties": {"a.b": {"type": "string"}}}], "a key is letters"),
        ([{"properties": {}, "oneOf": [{"required": ["a"]}]}], "cannot be shown"),
        ([{"properties": {}, "additionalProperties": False}], "answers of every other page"),
        ([{"properties": {"a": {"$ref": "http://127.0.0.1/x"}}}], "$ref"),
        ([*page(), *page()], "more than one page"),
        (["page"], "must be an object"),
        (page(**{"ui:field": "CapabilityPicker"}), "its type must be boolean"),
        ([capabilities("a"), capabilities("b")], "must stand on one page"),
        ([{"properties": {"g": {"type": "object", **capabilities("a")}}}], "at the top of a page"),
    ],
)
def test_a_form_that_cannot_be_used_is_refused_with_its_reason(pages: Any, words: str) -> None:
    assert [problem.is_error for problem in lint(pages) if words in problem.message] == [True]
    with pytest.raises(InputError, match="cannot be used"):
        validate(pages, {})


def test_a_secret_below_a_condition_is_found() -> None:
    hidden = {"properties": {}, "if": {"required": ["x"]}, "then": page(**{"ui:field": "Secret"})[0]}
    assert any("secret" in problem.message for problem in lint([hidden]))


@pytest.mark.parametrize("hint", [{"ui:field": "Fancy"}, {"ui:widget": "slider"}, {"ui:sparkle": True}])
def test_an_unknown_hint_is_a_warning(hint: dict[str, Any]) -> None:
    assert [problem.is_error for problem in lint(page(**hint))] == [False]
    assert validate(page(**hint), {"field": "x"}) == {"field": "x"}


def test_all_problems_are_told_at_once() -> None:
    pages = [{"properties": {"a": {"ui:field": "Secret"}, "b": {"ui:widget": "password"}, "c": {"ui:x": 1}}}]
    assert len(lint(pages)) == 3
