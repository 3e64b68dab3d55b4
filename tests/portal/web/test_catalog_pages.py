from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.models import Entity
from catalog.services import relations_graph, upsert_entities
from portal.foundation.models import User
from portal.web.pictures import draw
from scaffolder.models import Run


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def component(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": name, "description": f"about {name}", "links": spec.pop("links", [])},
        "spec": {"type": "service", "lifecycle": "production", "owner": "payments", **spec},
    }


def test_filters_stand_in_the_address(alice_web: Client, people: dict[str, User]) -> None:
    upsert_entities([component("till"), component("vault", owner="identity", lifecycle="experimental")], location="x:y")
    for query, found in {
        "": "till vault",
        "?owner=group:default/identity": "vault",
        "?lifecycle=production": "till",
        "?type=website": "",
        "?text=VAU": "vault",
        "?kind=system": "checkout",
    }.items():
        page = text(alice_web.get(f"/catalog{query}"))
        shown = [name for name in ("till", "vault", "checkout") if f"default/{name}" in page.partition("results")[2]]
        assert shown == found.split(), query


@pytest.mark.parametrize("query", ["?kind=nonsense", "?page=-1", "?page=x", "?owner='--", "?text=%25_%5c"])
def test_odd_filters_do_no_harm(alice_web: Client, query: str) -> None:
    assert alice_web.get(f"/catalog{query}").status_code == 200


def test_long_lists_have_pages_that_keep_the_filter(alice_web: Client, people: dict[str, User]) -> None:
    upsert_entities([component(f"service-{number:03}") for number in range(60)], location="x:y")
    page = text(alice_web.get("/catalog?lifecycle=production&page=2"))
    assert "Page 2 of 3" in page
    assert "?lifecycle=production&amp;page=3" in page
    assert "service-025" in page


def test_an_entity_page_tells_all(alice_web: Client, made: Run) -> None:
    page = text(alice_web.get("/catalog/component/default/ledger"))
    assert 'href="/catalog/group/default/payments"' in page
    assert 'href="/catalog/api/default/ledger-api"' in page
    assert f'href="/runs/{made.pk}"' in page
    assert "git clone" in page
    assert made.template.version in page


def test_the_run_of_another_team_is_not_linked(charlie_web: Client, made: Run) -> None:
    page = text(charlie_web.get("/catalog/component/default/ledger"))
    assert "Where it came from" in page
    assert str(made.pk) not in page


def test_an_api_shows_its_definition(alice_web: Client, made: Run) -> None:
    assert "openapi" in text(alice_web.get("/catalog/api/default/ledger-api"))


def test_an_unknown_entity_is_not_there(alice_web: Client) -> None:
    assert alice_web.get("/catalog/component/default/none").status_code == 404
    assert alice_web.get("/catalog/nonsense/a/b").status_code == 404


def test_javascript_links_are_left_out(alice_web: Client, people: dict[str, User]) -> None:
    links = [{"url": "javascript:alert(1)", "title": "Evil"}, {"url": "https://ok.example/", "title": "Good"}]
    (entity,) = upsert_entities([component("till")], location="x:y")
    entity.document["metadata"]["links"] = links
    entity.save()
    page = text(alice_web.get("/catalog/component/default/till"))
    assert "https://ok.example/" in page
    assert "javascript:" not in page


def test_the_picture_places_owners_left_and_parts_right(people: dict[str, User]) -> None:
    group = Entity.objects.get(ref="group:default/payments")
    picture = draw(relations_graph(group))
    centre = picture.boxes[0]
    sides = {box.node.ref: box.x < centre.x for box in picture.boxes[1:]}
    assert sides["group:default/engineering"]
    assert not sides["user:default/alice"]
    assert len({(box.x, box.y) for box in picture.boxes}) == len(picture.boxes)
    assert len(picture.paths) == len(picture.boxes) - 1


def test_a_missing_neighbour_is_drawn_without_a_link(alice_web: Client, people: dict[str, User]) -> None:
    upsert_entities([component("till", dependsOn=["resource:default/gone"])], location="x:y")
    page = text(alice_web.get("/catalog/component/default/till"))
    assert "node-missing" in page


def test_a_name_with_markup_is_text(alice: User, signed_in: Callable[[User], Client], people: dict[str, User]) -> None:
    evil = component("till")
    evil["metadata"]["title"] = "<script>alert(1)</script>"
    upsert_entities([evil], location="x:y")
    page = text(signed_in(alice).get("/catalog/component/default/till"))
    assert "<script>alert" not in page
