from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from catalog.choices import Kind
from catalog.validation import MAX_BYTES, validate
from portal.foundation.errors import InputError
from tests.catalog.helpers import component, document


@pytest.mark.parametrize("kind", Kind.values)
def test_the_least_entity_of_every_kind_is_accepted(kind: str) -> None:
    assert validate(document(kind, "x")) == kind


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Component", ["type", "lifecycle", "owner"]),
        ("API", ["type", "lifecycle", "owner", "definition"]),
        ("Resource", ["type", "owner"]),
        ("System", ["owner"]),
        ("Domain", ["owner"]),
        ("Group", ["type", "children"]),
        ("User", ["memberOf"]),
        ("Template", ["type", "steps"]),
    ],
)
def test_a_required_field_that_is_missing_is_named(kind: str, fields: list[str]) -> None:
    for field in fields:
        entity = document(kind, "x")
        del entity["spec"][field]
        with pytest.raises(InputError, match=f"'{field}' is a required property"):
            validate(entity)


def test_an_mcp_server_has_remotes_in_place_of_a_definition() -> None:
    entity = document("API", "x", {"type": "mcp-server", "remotes": [{"type": "sse", "url": "https://x.example"}]})
    del entity["spec"]["definition"]

    assert validate(entity) == "API"


def test_the_older_and_the_newer_version_of_a_core_kind_are_accepted() -> None:
    assert validate(component("x") | {"apiVersion": "backstage.io/v1beta1"}) == "Component"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": "Rocket"}, ("kind",)),
        ({"kind": "component"}, ("kind",)),
        ({"kind": ["Component"]}, ("kind",)),
        ({"apiVersion": "backstage.io/v9"}, ("apiVersion",)),
        ({"apiVersion": "scaffolder.backstage.io/v1beta3"}, ("apiVersion",)),
        ({"spec": "text"}, ("spec",)),
        ({"metadata": []}, ("metadata",)),
    ],
)
def test_a_wrong_kind_or_version_is_refused(change: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as refused:
        validate(component("x") | change)

    assert refused.value.fields[0].path == path


def test_relations_made_up_by_a_source_are_refused() -> None:
    with pytest.raises(InputError, match="relations"):
        validate(component("x") | {"relations": [{"type": "ownerOf", "targetRef": "group:default/payments"}]})


@pytest.mark.parametrize(
    "name", ["", "-x", "x-", "a b", "../../etc", "x\n", "é", "a" * 64, "x/y", "x:y", "{{ x }}", 7, None, ["x"]]
)
def test_a_wrong_name_is_refused(name: Any) -> None:
    with pytest.raises(InputError) as refused:
        validate(component(name))

    assert refused.value.fields[0].path == ("metadata", "name")


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"namespace": "Default"}, ("namespace",)),
        ({"tags": ["Go"]}, ("tags", 0)),
        ({"tags": ["go", "a--b"]}, ("tags", 1)),
        ({"labels": {"a b": "x"}}, ("labels",)),
        ({"labels": {"a": "x y"}}, ("labels", "a")),
        ({"annotations": {"a/b/c": "x"}}, ("annotations",)),
        ({"annotations": {"a": 1}}, ("annotations", "a")),
        ({"title": "t" * 201}, ("title",)),
        ({"links": [{"title": "no address"}]}, ("links", 0)),
        ({"links": [{"url": "javascript:alert(1)"}]}, ("links", 0, "url")),
        ({"links": [{"url": "data:text/html,x"}]}, ("links", 0, "url")),
        ({"links": [{"url": "http://[::1"}]}, ("links", 0, "url")),
    ],
)
def test_wrong_metadata_is_refused_by_path(metadata: dict[str, Any], path: tuple[str | int, ...]) -> None:
    with pytest.raises(InputError) as refused:
        validate(component("x", **metadata))

    assert refused.value.fields[0].path == ("metadata", *path)


def test_annotation_keys_may_have_a_prefix_and_label_values_may_be_empty() -> None:
    annotations = {"github.com/project-slug": "a/b", "plain": ""}

    assert validate(component("x", annotations=annotations, labels={"example.com/tier": ""})) == "Component"


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[31m", "\x9b", "\x7f", "\ud800"])
def test_control_characters_are_refused_wherever_they_hide(text: str) -> None:
    for entity in (
        component("x", description=text),
        component("x", {"deep": [{"er": text}]}),
        component("x", {text: 1}),
    ):
        with pytest.raises(InputError):
            validate(entity)


def test_line_ends_and_tabs_are_text() -> None:
    assert validate(component("x", description="a\r\n\tb ü 😀")) == "Component"


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**80, dt.date(2026, 1, 1), b"bytes", {"a"}],
    ids=lambda value: repr(value)[:12],
)
def test_values_that_json_cannot_express_are_refused(value: Any) -> None:
    with pytest.raises(InputError, match="cannot be kept"):
        validate(component("x", {"value": value}))


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="not plain text"):
        validate(component("x", {"map": {1: "one"}}))


def test_a_value_of_a_megabyte_is_refused() -> None:
    with pytest.raises(InputError, match="bytes long"):
        validate(component("x", description="x" * MAX_BYTES))


def test_a_nested_value_without_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]

    with pytest.raises(InputError, match="levels deep"):
        validate(component("x", {"deep": deep}))


def test_all_problems_are_told_at_once() -> None:
    entity = component("x", {"type": "", "owner": 3}, tags=["A"])
    del entity["spec"]["lifecycle"]

    with pytest.raises(InputError) as refused:
        validate(entity)

    assert len(refused.value.fields) == 4
    assert refused.value.message.startswith("Component x is not valid: ")
