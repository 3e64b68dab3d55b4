from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from scaffolder.parameters import read_form
from tests.scaffolder.parameters.forms import PAGES


def read(number: int, sent: dict[str, list[str]], present: Sequence[str] | None = None) -> dict[str, Any]:
    shown = list(sent) if present is None else present
    return read_form(PAGES[number], lambda name: sent.get(name, []), shown)


def test_texts_become_json_values() -> None:
    sent = {"postgres": ["on"], "replicas": ["3"], "regions": ["eu", "us"]}
    assert read(2, sent) == {"postgres": True, "replicas": 3, "regions": ["eu", "us"]}


def test_an_unticked_box_is_told_from_a_question_not_asked() -> None:
    assert read(2, {}, ["postgres"]) == {"postgres": False}
    assert read(2, {}, []) == {}


def test_an_emptied_answer_is_left_out() -> None:
    assert read(0, {"name": ["  "], "description": [""]}) == {}


def test_surrounding_spaces_go_and_lines_stay() -> None:
    assert read(0, {"name": [" ledger "], "notes": ["a\r\nb "]}) == {"name": "ledger", "notes": "a\nb "}


def test_tags_are_split() -> None:
    assert read(1, {"tags": ["go, rest ,"]}) == {"tags": ["go", "rest"]}


@pytest.mark.parametrize(("text", "value"), [("two", "two"), ("2.5", "2.5"), ("-1", -1), ("", None)])
def test_what_is_no_number_stays_text_to_be_refused(text: str, value: Any) -> None:
    assert read(2, {"replicas": [text]}).get("replicas") == value


def test_a_forged_choice_stays_text_to_be_refused() -> None:
    assert read(1, {"lifecycle": ["root"]}) == {"lifecycle": "root"}


def test_answers_in_groups_lists_and_json() -> None:
    page = {
        "properties": {
            "db": {"type": "object", "properties": {"host": {"type": "string"}}},
            "hosts": {"type": "array", "items": {"type": "string"}},
            "extra": {"type": "object"},
            "bad": {"type": "object"},
            "size": {"type": "integer", "enum": [1, 2]},
            "sure": {"type": "boolean", "ui:widget": "radio"},
            "rate": {"type": "number"},
        }
    }
    sent = {
        "db.host": ["h"], "hosts": ["a\r\nb\r\n"], "extra": ['{"k": 1}'], "bad": ["{"],
        "size": ["2"], "sure": ["false"], "rate": ["0.5"],
    }  # fmt: skip
    assert read_form(page, lambda name: sent.get(name, []), list(sent)) == {
        "db": {"host": "h"}, "hosts": ["a", "b"], "extra": {"k": 1}, "bad": "{", "size": 2, "sure": False, "rate": 0.5,
    }  # fmt: skip
