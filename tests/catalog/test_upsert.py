from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from catalog.models import Entity, Relation, SearchEntry
from catalog.services import entity_json, find, remove_location, upsert_entities
from portal.foundation.errors import ConflictError, InputError
from tests.catalog.helpers import HERE, component, document, put, service

pytestmark = pytest.mark.django_db


def test_an_entity_gets_an_identity_and_knows_where_it_comes_from() -> None:
    (entity,) = put(component("ledger"))

    wire = entity_json(entity)

    assert uuid.UUID(wire["metadata"]["uid"])
    assert len(wire["metadata"]["etag"]) == 40
    assert wire["metadata"]["namespace"] == "default"
    assert wire["metadata"]["annotations"] == {
        "backstage.io/managed-by-location": HERE,
        "backstage.io/managed-by-origin-location": HERE,
    }


def test_what_a_source_claims_of_identity_and_location_is_overwritten() -> None:
    annotations = {"backstage.io/managed-by-location": "url:https://forged.example"}

    (entity,) = put(component("ledger", uid="forged", etag="forged", annotations=annotations))

    wire = entity_json(entity)
    assert wire["metadata"]["uid"] == str(entity.uid)
    assert wire["metadata"]["etag"] != "forged"
    assert entity.annotations["backstage.io/managed-by-location"] == HERE


def test_the_columns_follow_the_document() -> None:
    spec = {"type": "website", "lifecycle": "deprecated", "owner": "user:Alice", "system": "Shop/Checkout"}

    (entity,) = put(component("Ledger", spec, title="The Ledger", namespace="money"))

    assert (entity.ref, entity.name, entity.namespace) == ("component:money/ledger", "Ledger", "money")
    assert (entity.type, entity.lifecycle, entity.title) == ("website", "deprecated", "The Ledger")
    assert (entity.owner_ref, entity.system_ref) == ("user:money/alice", "system:shop/checkout")


def test_an_unchanged_entity_is_not_written_again() -> None:
    (first,) = put(component("ledger"))

    (again,) = put(component("ledger"))

    assert (again.pk, again.uid, again.etag, again.updated_at) == (first.pk, first.uid, first.etag, first.updated_at)


def test_a_changed_entity_keeps_its_identity_and_loses_what_it_no_longer_says() -> None:
    (first,) = put(component("ledger", {"system": "checkout"}, tags=["go"]))

    (second,) = put(component("ledger", tags=["rust"]))

    assert (second.pk, second.uid, second.created_at) == (first.pk, first.uid, first.created_at)
    assert second.etag != first.etag
    assert not Relation.objects.filter(type="partOf").exists()
    values = SearchEntry.objects.filter(key="metadata.tags").values_list("value", flat=True)
    assert list(values) == ["rust"]


def test_entities_come_back_in_the_order_given() -> None:
    names = ["zebra", "ant", "mole"]
    put(component("mole"))

    assert [entity.name for entity in put(*map(component, names))] == names


def test_what_a_location_no_longer_defines_is_removed_with_its_relations() -> None:
    put(*service("ledger"))

    put(component("ledger"))

    assert find("api:default/ledger") is None
    assert not Relation.objects.filter(source_ref="api:default/ledger", type="ownedBy").exists()


def test_removing_a_location_leaves_others_alone() -> None:
    put(*service("ledger"))
    put(component("basket"), location="url:https://git.example/elsewhere")

    assert remove_location(HERE) == 2
    assert [entity.name for entity in Entity.objects.all()] == ["basket"]


def test_taking_over_an_entity_of_another_location_is_refused() -> None:
    put(component("ledger"))

    with pytest.raises(ConflictError, match="already defined by another location"):
        put(component("Ledger"), component("mine"), location="url:https://git.example/elsewhere")

    assert [entity.ref for entity in Entity.objects.all()] == ["component:default/ledger"]


def test_a_refusal_leaves_the_transaction_around_it_usable() -> None:
    put(component("ledger"))

    with transaction.atomic():
        with pytest.raises(ConflictError):
            put(component("ledger"), location="url:https://git.example/elsewhere")
        put(component("other"), location="url:https://git.example/elsewhere")

    assert Entity.objects.count() == 2


def test_a_failure_around_it_takes_the_entities_back() -> None:
    def fail() -> None:
        with transaction.atomic():
            put(*service("ledger"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert not Entity.objects.exists()
    assert not SearchEntry.objects.exists()


def test_an_entity_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="twice: component:default/ledger"):
        put(component("ledger"), component("LEDGER"))


def test_one_bad_document_keeps_all_out() -> None:
    with pytest.raises(InputError, match="API broken is not valid"):
        put(component("ledger"), document("API", "broken", {"definition": ""}))

    assert not Entity.objects.exists()


@pytest.mark.parametrize("location", ["", "u" * 1001])
def test_a_location_without_end_is_refused(location: str) -> None:
    with pytest.raises(InputError, match="location"):
        upsert_entities([component("x")], location=location)


def test_keys_that_differ_only_in_case_are_refused() -> None:
    with pytest.raises(InputError, match="differ only in case"):
        put(component("x", annotations={"a.example/key": "1", "a.example/Key": "2"}))


def test_a_search_row_bomb_is_refused() -> None:
    with pytest.raises(InputError, match="values to search by"):
        put(component("x", {"items": [str(number) for number in range(4000)]}))


def test_a_dependency_without_a_kind_is_refused_by_path() -> None:
    with pytest.raises(InputError, match="names no kind") as refused:
        put(component("x", {"dependsOn": ["resource:db", "ledger"]}))

    assert refused.value.fields[0].path == ("spec", "dependsOn", 1)


@pytest.mark.parametrize("owner", ["a:b:c", "two words", "x" * 300])
def test_an_owner_that_is_no_reference_is_refused_by_path(owner: str) -> None:
    with pytest.raises(InputError) as refused:
        put(component("x", {"owner": owner}))

    assert refused.value.fields[0].path == ("spec", "owner")


def test_template_syntax_in_values_stays_text() -> None:
    text = "{{ 7 * 7 }} ${{ parameters.x }} <script>alert(1)</script>"

    (entity,) = put(component("x", description=text))

    assert entity_json(entity)["metadata"]["description"] == text


@pytest.mark.parametrize(
    "ref", ["", "component:default/nosuch", "ledger", "a:b:c", "component:default/a\0b", "x" * 9_000]
)
def test_what_is_not_there_is_not_found(ref: str) -> None:
    put(component("ledger"))

    assert find(ref) is None


def test_an_entity_is_found_in_any_case() -> None:
    (entity,) = put(component("ledger"))

    assert find("Component:Default/LEDGER") == entity
