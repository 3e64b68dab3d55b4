"""What holds for any values at all."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.foundation.errors import FieldError, InputError
from scaffolder.parameters import form_fields, read_form, relevant, validate
from scaffolder.parameters.safety import unsafe
from tests.scaffolder.parameters.forms import GOOD, PAGES

KEYS = ["name", "description", "notes", "owner", "lifecycle", "tags", "postgres", "replicas", "regions", "database"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), max_size=200)


def attempt(values: dict[str, Any]) -> tuple[dict[str, Any] | None, tuple[FieldError, ...]]:
    try:
        return validate(PAGES, {**GOOD, **values}), ()
    except InputError as error:
        return None, error.fields


@given(st.dictionaries(st.sampled_from([*KEYS, "pager", "x"]), JSON, max_size=6))
@settings(max_examples=80, deadline=None)
def test_any_values_are_accepted_or_refused_with_fields_never_a_crash(values: dict[str, Any]) -> None:
    answers, refusals = attempt(values)
    assert (answers is None) == bool(refusals)
    assert all(field.message for field in refusals)
    assert not unsafe(answers or {}, frozenset({"notes"}))
    assert json.dumps(answers, allow_nan=False)


@given(PRINTABLE)
@settings(max_examples=80, deadline=None)
def test_any_printable_text_comes_out_as_it_went_in(text: str) -> None:
    assert validate(PAGES, {**GOOD, "description": text})["description"] == text


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
@settings(max_examples=50, deadline=None)
def test_validation_is_idempotent(values: dict[str, Any]) -> None:
    answers, _ = attempt(values)
    if answers is None:
        return
    assert validate(PAGES, answers) == answers
    assert relevant(PAGES, answers) == answers


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
@settings(max_examples=50, deadline=None)
def test_any_kept_draft_can_be_shown_again(values: dict[str, Any]) -> None:
    for page in PAGES:
        for field in form_fields(page, values):
            assert isinstance(field.value, str | tuple)


@given(st.dictionaries(st.sampled_from(KEYS), st.lists(st.text(max_size=20), max_size=3)))
@settings(max_examples=50, deadline=None)
def test_any_sent_form_is_read_without_a_crash(sent: dict[str, list[str]]) -> None:
    for page in PAGES:
        assert set(read_form(page, lambda name: sent.get(name, []), list(sent))) <= set(KEYS)


@given(st.sampled_from(["eu", "us"]), st.integers(1, 9), st.booleans(), st.text(st.sampled_from("abc"), min_size=2))
@settings(max_examples=50, deadline=None)
def test_what_a_form_shows_reads_back_as_the_same_answers(region: str, count: int, postgres: bool, name: str) -> None:
    values = {"regions": [region], "replicas": count, "postgres": postgres}
    values |= {"database": name} if postgres else {}
    fields = form_fields(PAGES[2], values)
    sent = {field.name: [field.value] if isinstance(field.value, str) else list(field.value) for field in fields}
    if not postgres:
        sent["postgres"] = []
    assert read_form(PAGES[2], lambda name: sent.get(name, []), list(sent)) == values
