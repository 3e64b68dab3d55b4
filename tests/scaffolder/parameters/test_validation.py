from __future__ import annotations

from typing import Any

import pytest

from portal.foundation.errors import FieldError, InputError
from scaffolder.parameters import check_page, validate
from tests.scaffolder.parameters.forms import GOOD, PAGES


def refused(values: Any) -> dict[str, FieldError]:
    with pytest.raises(InputError) as caught:
        validate(PAGES, values)
    return {".".join(map(str, error.path)): error for error in caught.value.fields}


def test_fills_in_defaults() -> None:
    answers = validate(PAGES, GOOD)
    assert answers == {**GOOD, "description": "", "lifecycle": "experimental", "postgres": False}


def test_a_default_of_a_branch_is_filled_in_when_the_branch_is_chosen() -> None:
    assert validate(PAGES, {**GOOD, "postgres": True})["database"] == "main"


def test_same_answers_in_any_order_give_the_same_result() -> None:
    backwards = dict(reversed(list(GOOD.items())))
    assert list(validate(PAGES, GOOD)) == list(validate(PAGES, backwards))


def test_every_missing_answer_is_named() -> None:
    errors = refused({"lifecycle": "production"})
    assert set(errors) == {"name", "owner", "pager"}
    assert {error.keyword for error in errors.values()} == {"required"}


@pytest.mark.parametrize(
    ("values", "path", "keyword", "words"),
    [
        ({"name": "Ledger!"}, "name", "pattern", "Lower-case letters"),
        ({"name": "a--b"}, "name", "ui:field", "single -"),
        ({"name": 7}, "name", "type", "must be text"),
        ({"description": "x" * 201}, "description", "maxLength", "at most 200 characters; this has 201"),
        ({"lifecycle": "gone"}, "lifecycle", "enum", "experimental, production"),
        ({"owner": "pay ments"}, "owner", "ui:field", "group:default/payments"),
        ({"owner": "../../etc/passwd"}, "owner", "ui:field", "group:default/payments"),
        ({"tags": ["good", "Bad Tag"]}, "tags", "ui:field", "lower-case"),
        ({"replicas": 12, "regions": ["eu"]}, "replicas", "maximum", "9 or less"),
        ({"replicas": "3", "regions": ["eu"]}, "replicas", "type", "whole number"),
        ({"replicas": 3}, "regions", "required", "answer"),
        ({"regions": ["eu", "eu"]}, "regions", "uniqueItems", "once"),
        ({"regions": ["mars"]}, "regions.0", "enum", "eu, us"),
        ({"lifecycle": "production", "pager": "nobody"}, "pager", "format", "e-mail"),
        ({"expires": "soon"}, "expires", "format", "date"),
        ({"postgres": "yes"}, "postgres", "type", "yes or no"),
        ({"postgres": True, "database": "x"}, "database", "minLength", "2 characters"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_beside_its_field(
    values: dict[str, Any], path: str, keyword: str, words: str
) -> None:
    error = refused({**GOOD, **values})[path]
    assert error.keyword == keyword
    assert words in error.message


def test_unknown_keys_are_refused() -> None:
    assert set(refused({**GOOD, "admin": True, "__proto__": {}})) == {"admin", "__proto__"}


def test_answers_to_questions_that_are_not_asked_are_left_out() -> None:
    assert "database" not in validate(PAGES, {**GOOD, "postgres": False, "database": "main"})


def test_control_characters_are_refused() -> None:
    for text in ("a\x00b", "a\x1b[31m", "a\x7f", "a\ud800b", "a\u202eb", "a\u2028b"):
        assert "control character" in refused({**GOOD, "description": text})["description"].message


def test_newline_injection_into_a_one_line_answer_is_refused() -> None:
    assert "one line" in refused({**GOOD, "description": "a\nowner: evil"})["description"].message


def test_a_text_area_keeps_its_lines() -> None:
    assert validate(PAGES, {**GOOD, "notes": "one\n\ttwo"})["notes"] == "one\n\ttwo"


def test_one_megabyte_value_is_refused_at_its_field() -> None:
    assert "1,048,576" in refused({**GOOD, "notes": "x" * 2**20})["notes"].message


def test_many_long_values_are_refused_together() -> None:
    assert refused({**GOOD, "regions": ["x" * 9_999] * 400})


def test_deep_nesting_is_refused() -> None:
    deep: Any = "x"
    for _ in range(2_000):
        deep = [deep]
    assert refused({**GOOD, "regions": deep})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400])
def test_numbers_beyond_json_are_refused(number: float) -> None:
    assert "out of range" in refused({**GOOD, "replicas": number, "regions": ["eu"]})["replicas"].message


@pytest.mark.parametrize("values", [None, [], "x", 7])
def test_values_that_are_no_object_are_refused(values: Any) -> None:
    assert refused(values)


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% raw %}", "[[= cookiecutter.name ]]", "//% if x", "${{ user.ref }}"])
def test_template_syntax_stays_text(text: str) -> None:
    assert validate(PAGES, {**GOOD, "description": text})["description"] == text


def test_a_page_alone_says_nothing_about_other_pages() -> None:
    assert check_page(PAGES[0], {"name": "ledger"}) == []
    assert [error.path for error in check_page(PAGES[1], {"name": "!!"})] == [("owner",)]


def test_a_page_is_checked_against_the_answers_of_other_pages() -> None:
    errors = check_page(PAGES[2], {"lifecycle": "production"})
    assert [error.path for error in errors] == [("pager",)]


def test_a_refusal_names_the_first_field_and_counts_the_rest() -> None:
    with pytest.raises(InputError, match=r"^name: Please answer this\. \(and 1 more\)$"):
        validate(PAGES, {})


def test_no_branch_that_fits_is_refused_for_the_page() -> None:
    page = {
        "properties": {"size": {"type": "integer"}},
        "dependencies": {"size": {"oneOf": [{"properties": {"size": {"const": 1}}}]}},
    }
    with pytest.raises(InputError, match="do not fit together"):
        validate([page], {"size": 2})
