"""`${{ }}` in templates."""

from __future__ import annotations

from typing import Any

import pytest

from portal.foundation.errors import InputError
from scaffolder.engine.expressions import bind, is_true, problems

CONTEXT: dict[str, Any] = {
    "parameters": {"name": "ledger", "postgres": True, "port": 8080, "text": "${{ parameters.name }}"},
    "steps": {"publish": {"output": {"remoteUrl": "http://x", "nothing": None}}},
    "user": {"ref": "user:default/alice"},
}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("plain", "plain"),
        ("${{ parameters.postgres }}", True),
        ("${{parameters.port}}", 8080),
        ("  ${{ parameters.port }} ", 8080),
        ("${{ parameters }}", CONTEXT["parameters"]),
        ("port ${{ parameters.port }} of ${{ parameters.name }}", "port 8080 of ledger"),
        ("${{ steps.publish.output.remoteUrl }}/tree", "http://x/tree"),
        ("${{ parameters.missing }}", None),
        ("[${{ parameters.missing }}]", "[]"),
        ("on: ${{ parameters.postgres }}", "on: true"),
        ({"a": ["${{ user.ref }}", 1], "b": "${{ parameters.missing }}"}, {"a": ["user:default/alice", 1]}),
        ("${{ parameters.name.first }}", None),
        (7, 7),
        (None, None),
    ],
)
def test_expressions_are_looked_up(given: Any, found: Any) -> None:
    assert bind(given, CONTEXT) == found


def test_what_people_typed_is_never_an_expression() -> None:
    assert bind("${{ parameters.text }}", CONTEXT) == "${{ parameters.name }}"


@pytest.mark.parametrize("text", ["${{ 1 + 1 }}", "${{ parameters.name | upper }}", "${{ parameters['name'] }}", "${{"])
def test_what_is_not_a_plain_path_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="plain path"):
        bind(text, CONTEXT)
    assert problems(text, frozenset())


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        ("${{ parameters.x }}", True),
        ("${{ steps.publish.output.url }}", True),
        ("${{ steps.later.output.url }}", False),
        ("${{ steps.publish.url }}", False),
        ("${{ secrets.token }}", False),
        ({"deep": ["${{ env.HOME }}"]}, False),
    ],
)
def test_a_template_is_told_what_its_expressions_cannot_find(text: Any, is_fine: bool) -> None:
    assert (problems(text, frozenset({"publish"})) == []) == is_fine


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (None, True),
        (True, True),
        (False, False),
        ("${{ parameters.postgres }}", True),
        ("${{ parameters.missing }}", False),
        ("false", False),
        ("${{ parameters.name }}", True),
    ],
)
def test_conditions(condition: Any, holds: bool) -> None:
    assert is_true(condition, CONTEXT) == holds
