from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import flatten
from portal.foundation.errors import InputError

UID = "7d4a2c1e-0000-4000-8000-000000000000"


def rows(spec: dict[str, Any], **metadata: Any) -> list[tuple[str, str | None]]:
    document = {"kind": "Component", "metadata": {"name": "X", **metadata}, "spec": spec}
    found = [row[:2] for row in flatten(document, UID) if not row.key.startswith(("kind", "metadata."))]
    return sorted(found, key=str)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"Type": "Service"}, [("spec.type", "service")]),
        ({"a": {"b": {"c": 1}}}, [("spec.a.b.c", "1")]),
        ({"a": ["X", "y"]}, [("spec.a", "x"), ("spec.a", "y"), ("spec.a.x", "true"), ("spec.a.y", "true")]),
        ({"a": ["x", "X"]}, [("spec.a", "x"), ("spec.a.x", "true")]),
        ({"a": [1, True, None]}, [("spec.a", "1"), ("spec.a", "true"), ("spec.a", None)]),
        ({"a": [{"b": 1}, {"b": 2}]}, [("spec.a.b", "1"), ("spec.a.b", "2")]),
        ({"a": [["x"]]}, [("spec.a", "x"), ("spec.a.x", "true")]),
        ({"a": None}, [("spec.a", None)]),
        ({"a": ""}, [("spec.a", "")]),
        ({"a": {}}, []),
        ({"a": []}, []),
        ({"a": 1.0, "b": 1.5, "c": False}, [("spec.a", "1"), ("spec.b", "1.5"), ("spec.c", "false")]),
        ({"a": "v" * 200}, [("spec.a", "v" * 200)]),
        ({"a": "v" * 201}, [("spec.a", None)]),
        ({"k" * 195: 1}, [(f"spec.{'k' * 195}", "1")]),
        ({"k" * 196: 1}, []),
        ({"a.b/c": 1}, [("spec.a.b/c", "1")]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_spec_is_flattened_as_in_backstage(spec: dict[str, Any], expected: list[tuple[str, str | None]]) -> None:
    assert rows(spec) == sorted(expected, key=str)


def test_identity_is_indexed_and_etag_is_not() -> None:
    document = {"metadata": {"name": "Ledger", "etag": "e", "uid": "forged"}, "relations": [1], "status": {"a": 1}}

    assert [row[:3] for row in flatten(document, UID)] == [
        ("metadata.name", "ledger", "Ledger"),
        ("metadata.namespace", "default", "default"),
        ("metadata.uid", UID, UID),
    ]


def test_one_entry_of_a_key_is_the_least() -> None:
    found = flatten({"metadata": {"name": "x"}, "spec": {"a": ["m", "b", "z"]}}, UID)

    assert [row.value for row in found if row.key == "spec.a" and row.is_least] == ["b"]


def test_keys_that_differ_in_case_are_refused() -> None:
    with pytest.raises(InputError, match=r"'spec\.a' and 'spec\.A'"):
        flatten({"metadata": {"name": "x"}, "spec": {"a": 1, "A": 2}}, UID)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=250),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_rows_are_lower_case_short_and_unique_whatever_the_spec(spec: Any) -> None:
    try:
        found = flatten({"metadata": {"name": "x"}, "spec": spec}, UID)
    except InputError:
        return

    assert len({row[:2] for row in found}) == len(found)
    for row in found:
        assert row.key == row.key.lower()
        assert len(row.key) <= 200
        assert row.value is None or (row.value == str(row.original).lower() and len(row.value) <= 200)
    for key in {row.key for row in found if row.value is not None}:
        assert sum(row.is_least for row in found if row.key == key) == 1
