"""The badge, as a README shows it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from conformance.examining.terms import Level
from conformance.exports import badge
from conformance.exports.badges import GROUND, LOOKS, UNKNOWN
from conformance.models import Service
from tests.conformance.fleet import make_service

pytestmark = pytest.mark.django_db
SVG = "{http://www.w3.org/2000/svg}"


def drawn(service: Service) -> ElementTree.Element:
    return ElementTree.fromstring(badge(service))


@pytest.mark.parametrize(
    ("level", "message"),
    [(Level.GOLD, "gold"), (Level.SILVER, "silver"), (Level.BRONZE, "bronze"), (Level.NONE, "no level")],
)
def test_a_badge_says_the_level_to_everybody(level: Level, message: str) -> None:
    root = drawn(make_service("ledger", level=level.value))
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title") == f"goldpath: {message}"
    assert [each.text for each in root.iter(f"{SVG}text")] == ["goldpath", message]


def test_a_service_that_was_never_scanned_has_no_level_to_show() -> None:
    assert drawn(make_service("ledger", is_scanned=False)).get("aria-label") == "goldpath: not scanned"


def test_a_badge_fetches_and_runs_nothing() -> None:
    text = badge(make_service("ledger", title="<script>alert(1)</script>"))
    assert "script" not in text
    assert "href" not in text
    assert "style" not in text
    assert "@import" not in text
    assert text.count("http") == 1  # the namespace


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [GROUND, UNKNOWN[1], *(colour for _, colour in LOOKS.values())])
def test_white_is_legible_on_every_ground(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_the_words_fit_in() -> None:
    root = drawn(make_service("ledger", level="none"))
    left, right = root.iter(f"{SVG}text")
    ground = int(root.findall(f"{SVG}g")[0].findall(f"{SVG}rect")[0].get("width", ""))
    width = int(root.get("width", ""))
    assert int(left.get("x", "")) + int(left.get("textLength", "")) < ground
    assert ground < int(right.get("x", ""))
    assert int(right.get("x", "")) + int(right.get("textLength", "")) < width
