"""The picture of a service: what is in it, and that nothing of it lies where it must not."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.web.architecture import Scene, draw, scene
from portal.web.architecture.canvas import Drawing, fitting
from portal.web.architecture.shapes import Area, Box, cut, wrapped
from scaffolder.capabilities import Capability, Catalogue, choose
from scaffolder.library.manifests import Architecture, LayerManifest
from tests.scaffolder.capability_library import ASKED, SPECS

TOUCH = 0.5


def catalogue(*, always: tuple[Architecture, ...] = (), without: str = "") -> Catalogue:
    known = []
    for name, spec in SPECS.items():
        look = Architecture(**spec["architecture"]) if "architecture" in spec else None
        if look and look.role == without:
            continue
        manifest = LayerManifest(f"capabilities/{name}", requires=tuple(spec.get("requires", ())), architecture=look)
        known.append(Capability(name, spec.get("title", name), manifest, name in ASKED))
    return Catalogue(tuple(known), parts=always)


def seen(*chosen: str, name: str = "ledger", **changed: object) -> Scene:
    offered = catalogue(**changed)  # type: ignore[arg-type]
    return scene(offered, choose(offered, chosen), name)


def labels(found: Scene, place: str) -> list[str]:
    return [part.label for part in getattr(found, place)]


def test_each_capability_stands_at_its_place() -> None:
    found = seen("rest", "grpc", "rbac", "postgres", "redis", "crypto", "profiling", "jwt")
    assert labels(found, "apis") == ["REST", "gRPC"]
    assert labels(found, "guards") == ["JWT", "RBAC"]
    assert labels(found, "helpers") == ["Encryption"]
    assert labels(found, "stores") == ["PostgreSQL", "Redis"]
    assert found.watched == ("Logs", "Metrics", "Traces", "Probes", "Profiles")


def test_what_comes_along_is_in_it_and_internal_ones_are_not() -> None:
    found = seen("rest", "ratelimit")
    assert labels(found, "stores") == ["Memory", "Redis"]
    assert labels(found, "helpers") == []


def test_what_is_missing_is_shown_as_missing() -> None:
    found = seen()
    for place, label in (("apis", "No API yet"), ("guards", "No guards"), ("stores", "Memory")):
        parts = getattr(found, place)
        assert [(part.label, part.is_missing) for part in parts] == [(label, True)]


@pytest.mark.parametrize(("role", "place"), [("guard", "guards"), ("store", "stores")])
def test_what_the_library_does_not_offer_is_not_missed(role: str, place: str) -> None:
    assert labels(seen("rest", without=role), place) == []


def test_a_library_without_apis_to_choose_has_one_of_its_own() -> None:
    assert labels(seen(without="api"), "apis") == ["HTTP"]


def test_what_every_service_has_replaces_what_is_assumed() -> None:
    always = (Architecture("api", "Events", "over Kafka"), Architecture("observe", "Audit log"))
    found = seen("rest", always=always)
    assert labels(found, "apis") == ["Events", "REST"]
    assert found.watched == ("Audit log",)


def test_it_reads_as_text() -> None:
    assert seen("rest", "grpc", "jwt", "postgres", "redis", "crypto").sentences == (
        "Callers come in by REST (JSON over HTTP) and gRPC (Protocol Buffers).",
        "Each call passes JWT (who is calling).",
        "The use cases of ledger hold its rules, helped by Encryption (fields at rest).",
        "They use PostgreSQL (rows, migrations) and Redis (cache, sessions, locks).",
        "Operators see logs, metrics, traces and probes.",
    )
    assert seen("redis", name="").sentences == (
        "Nobody can call it yet: no API is chosen.",
        "No guard is chosen: every caller gets in.",
        "The use cases of your service hold its rules.",
        "Data is in memory and gone after a restart. They use Redis (cache, sessions, locks).",
        "Operators see logs, metrics, traces and probes.",
    )


def test_a_name_is_bounded_and_printable() -> None:
    assert seen("rest", name=" a\x00b\u202e" + "x" * 200).name == "ab" + "x" * 38


def overlap(one: Area, other: Area) -> bool:
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > TOUCH and down > TOUCH


def check(drawing: Drawing) -> None:
    whole = Area(0, 0, drawing.width, drawing.height)
    areas = [box.area for box in drawing.boxes] + [group.area for group in drawing.groups] + [drawing.watch.area]
    for area in areas:
        assert area.x >= 0
        assert area.y >= 0
        assert area.right <= whole.right
        assert area.bottom <= whole.bottom
    for one, other in combinations(drawing.boxes, 2):
        assert not overlap(one.area, other.area), (one.part, other.part)
    frame = next(group.area for group in drawing.groups if group.look == "frame")
    for box in drawing.boxes:
        assert overlap(box.area, frame) == (box.part.role not in {"caller", "store", "cache"}), box.part
    assert not overlap(drawing.watch.area, frame)


@settings(max_examples=80, deadline=None)
@given(st.sets(st.sampled_from(ASKED)), st.text(max_size=60))
def test_nothing_overlaps_or_sticks_out_whatever_is_chosen(chosen: set[str], name: str) -> None:
    views = draw(seen(*chosen, name=name))
    for drawing in views.both:
        check(drawing)
        for box in drawing.boxes:
            assert [text for text in box.texts if not box.area.y <= text.y <= box.area.bottom] == []


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(["api", "guard", "store", "cache", "other", "observe"]), max_size=14),
    st.text(max_size=120),
)
def test_many_and_long_ones_still_fit(roles: list[str], words: str) -> None:
    manifests = [
        LayerManifest(f"capabilities/c{number}", architecture=Architecture(role, words[:60] or "x", words))
        for number, role in enumerate(roles)
    ]
    many = Catalogue(tuple(Capability(f"c{number}", "C", each) for number, each in enumerate(manifests)))
    for drawing in draw(scene(many, choose(many, many.by_name))).both:
        check(drawing)


def test_it_is_the_same_every_time() -> None:
    assert draw(seen("rest", "redis")) == draw(seen("rest", "redis"))


def test_arrows_lead_from_callers_to_stores() -> None:
    views = draw(seen("rest", "grpc", "jwt", "postgres", "redis"))
    for drawing in views.both:
        assert len(drawing.arrows) == 2 + 2 + 1 + 2


def test_a_store_is_a_drum() -> None:
    boxes = {box.part.key: box for box in draw(seen("postgres", "redis")).tall.boxes}
    assert boxes["postgres"].outline.startswith("M")
    assert boxes["redis"].outline == ""


def test_long_words_are_cut() -> None:
    assert cut("Continuous profiling", 100) == "Continuous…"
    assert wrapped("cache, sessions, locks, queues, leases and limits", 90)[-1].endswith("…")
    assert fitting(["Logs", "Metrics", "Traces"], 100) == "Logs\u2002·\u20022 more"
    assert fitting(["Logs"], 20) == ""


def test_a_box_centres_its_text() -> None:
    box = Box(seen("rest").apis[0], Area(0, 0, 140, 60))
    assert {text.x for text in box.texts} == {70}
