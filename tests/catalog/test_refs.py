from __future__ import annotations

import pytest

from catalog.refs import EntityRef, parse_ref
from portal.foundation.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payments", "group:default/payments"),
        ("Team/Payments", "group:team/payments"),
        ("user:alice", "user:default/alice"),
        ("User:Team/Alice", "user:team/alice"),
        ("İ", "group:default/i̇"),
    ],
)
def test_short_forms_resolve_and_lower_the_case(text: str, expected: str) -> None:
    assert str(parse_ref(text, kind="Group")) == expected


def test_the_namespace_of_the_context_completes_a_reference() -> None:
    assert parse_ref("checkout", kind="System", namespace="shop") == EntityRef("system", "shop", "checkout")


@pytest.mark.parametrize(
    "text", ["", "a:b:c", "a/b/c", "group:", "group:default/", ":x", "/x", "a b", "x\n", "x\0", "a\x9f:b", "\ud800"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="kind:namespace/name"):
        parse_ref(text, kind="Group")


def test_a_reference_without_a_kind_is_refused_where_none_is_implied() -> None:
    with pytest.raises(InputError, match="names no kind"):
        parse_ref("default/ledger")
