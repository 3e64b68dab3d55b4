"""What list pages read."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Entity
from portal.foundation.models import User
from tests.catalog.helpers import component, document, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def entities(people: dict[str, User]) -> None:
    put(
        component("ledger", {"system": "checkout"}, tags=["go", "rest"], title="Money Ledger"),
        component("basket", {"type": "library", "lifecycle": "experimental"}, description="Holds goods"),
        component("sign-in", {"owner": "identity", "system": "accounts"}, tags=["go"]),
        document("API", "ledger", {"system": "checkout"}),
    )


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ({"kind": "component"}, ["basket", "ledger", "sign-in"]),
        ({"kind": "Rocket"}, []),
        ({"kind": "Component", "type": "library"}, ["basket"]),
        ({"lifecycle": "experimental"}, ["basket"]),
        ({"owner": "group:default/Identity"}, ["accounts", "sign-in"]),
        ({"system": "system:default/checkout"}, ["ledger", "ledger"]),
        ({"tag": "GO"}, ["ledger", "sign-in"]),
        ({"kind": "Component", "text": "MONEY"}, ["ledger"]),
        ({"kind": "Component", "text": "goods"}, ["basket"]),
        ({"kind": "Component", "text": "money rest"}, ["ledger"]),
        ({"kind": "Component", "text": "money goods"}, []),
        ({"kind": "Component", "text": "%"}, []),
        ({"text": "archer"}, ["alice"]),
        ({"text": "a\0"}, []),
        ({"tag": "\0"}, []),
        ({"owner": "\0"}, []),
        ({"kind": "Component\0"}, []),
        ({"kind": "Component", "text": "%" * 60_000}, []),
        ({"kind": "Component", "text": "ledger " * 1_000}, ["ledger"]),
        ({"kind": "Component", "type": "service", "tag": "go", "owner": "group:default/payments"}, ["ledger"]),
    ],
)
def test_a_list_is_restricted_by_what_is_given(restriction: dict[str, Any], expected: list[str]) -> None:
    assert sorted(entity.name for entity in Entity.objects.listed(**restriction)) == expected


def test_what_groups_own_is_found() -> None:
    owned = Entity.objects.of_kind("Component").owned_by(["group:default/identity", "user:default/charlie"])

    assert [entity.name for entity in owned] == ["sign-in"]


def test_facets_count_what_the_list_holds() -> None:
    counted = Entity.objects.listed(kind="Component").facets(["spec.type", "metadata.tags", "relations.partOf", "none"])

    assert counted == {
        "spec.type": [("library", 1), ("service", 2)],
        "metadata.tags": [("go", 2), ("rest", 1)],
        "relations.partOf": [("system:default/accounts", 1), ("system:default/checkout", 1)],
        "none": [],
    }


def test_people_are_called_by_their_profile() -> None:
    names = {entity.name: entity.display_name for entity in Entity.objects.of_kind("User", "Group", "Component")}

    assert names["alice"] == "Alice Archer"
    assert names["payments"] == "Payments"
    assert names["ledger"] == "Money Ledger"
    assert names["basket"] == "basket"
