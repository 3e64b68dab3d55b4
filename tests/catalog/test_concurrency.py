"""Writers that meet: the catalog ends up as one of them left it, never as a mixture."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from catalog.models import Entity, Relation, SearchEntry
from portal.foundation.errors import ConflictError
from tests.catalog.helpers import component, put

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 4
ROUNDS = 6


def at_once(write: Callable[[int], object]) -> list[BaseException | None]:
    """Run `write` in as many threads as there are writers, all starting together; return what each raised."""
    start = threading.Barrier(WRITERS)

    def worker(number: int) -> None:
        try:
            start.wait(10)
            write(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return [future.exception() for future in [pool.submit(worker, number) for number in range(WRITERS)]]


def is_whole(ref: str) -> bool:
    """Tell whether the index of an entity says the same as its document."""
    entity = Entity.objects.get(ref=ref)
    tags = set(SearchEntry.objects.filter(entity=entity, key="metadata.tags").values_list("value", flat=True))
    rows = SearchEntry.objects.filter(entity=entity, key="metadata.name").count()
    systems = list(Relation.objects.filter(source_ref=ref, type="partOf").values_list("target_ref", flat=True))
    return rows == 1 and tags == set(entity.metadata["tags"]) and systems == [entity.system_ref]


def test_two_upserts_of_the_same_entity_leave_one_of_them_whole() -> None:
    def write(number: int) -> None:
        for turn in range(ROUNDS):
            system = f"system:default/s{number}-{turn}"
            put(component("ledger", {"system": system}, tags=[f"t{number}", f"r{turn}"]))

    assert at_once(write) == [None] * WRITERS
    assert Entity.objects.count() == 1
    assert is_whole("component:default/ledger")


def test_of_several_locations_that_claim_a_name_at_once_one_gets_it() -> None:
    def write(number: int) -> None:
        put(component("ledger", {"system": "s"}, tags=[f"t{number}"]), location=f"url:https://git.example/{number}")

    errors = at_once(write)

    assert errors.count(None) == 1
    assert all(isinstance(error, ConflictError) for error in errors if error)
    assert Entity.objects.get().location == f"url:https://git.example/{errors.index(None)}"
    assert is_whole("component:default/ledger")


def test_batches_in_opposite_order_do_not_block_each_other() -> None:
    names = [f"svc-{number}" for number in range(8)]

    def write(number: int) -> None:
        order = names if number % 2 else names[::-1]
        for turn in range(ROUNDS):
            put(*[component(name, {"system": "s"}, tags=[f"t{number}-{turn}"]) for name in order])

    assert at_once(write) == [None] * WRITERS
    assert Entity.objects.count() == len(names)
    assert all(is_whole(f"component:default/{name}") for name in names)
