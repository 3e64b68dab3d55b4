"""A level as a badge: an SVG that stands on its own, for READMEs."""

from __future__ import annotations

from xml.etree import ElementTree

from conformance.examining.terms import Level
from conformance.models import Service

LABEL = "goldpath"
GROUND = "#33403d"
UNKNOWN = ("not scanned", "#5a645f")
LOOKS = {
    Level.GOLD: ("gold", "#7d5600"),
    Level.SILVER: ("silver", "#5b6670"),
    Level.BRONZE: ("bronze", "#8a4f24"),
    Level.NONE: ("no level", "#a52a20"),
}
_HEIGHT, _PADDING, _MARK = 20, 7, 17
_FONT = "Verdana, Geneva, 'DejaVu Sans', sans-serif"
_NARROW, _WIDE = frozenset("fijlrt .,"), frozenset("mwMW")


def badge(service: Service) -> str:
    """Return the SVG of a service's level: white on a ground of at least 4.5:1, with a title, and no font to fetch."""
    message, colour = LOOKS[Level(service.level)] if service.snapshot_id else UNKNOWN
    return _svg(f"{LABEL}: {message}", message, colour)


def _svg(title: str, message: str, colour: str) -> str:
    left = _MARK + _width(LABEL) + 2 * _PADDING - 2
    right = _width(message) + 2 * _PADDING
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(_HEIGHT),
            "role": "img",
            "aria-label": title,
        },
    )
    ElementTree.SubElement(root, "title").text = title
    corners = f"goldpath-{message.replace(' ', '-')}"
    clip = ElementTree.SubElement(root, "clipPath", id=corners)
    _rectangle(clip, 0, left + right, "#fff").set("rx", "3")
    body = ElementTree.SubElement(root, "g", {"clip-path": f"url(#{corners})"})
    _rectangle(body, 0, left, GROUND)
    _rectangle(body, left, right, colour)
    _mark(root)
    words = ElementTree.SubElement(root, "g", {"fill": "#fff", "font-family": _FONT, "font-size": "11"})
    _text(words, LABEL, _MARK + _PADDING - 2)
    _text(words, message, left + _PADDING)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _rectangle(parent: ElementTree.Element, x: int, width: int, fill: str) -> ElementTree.Element:
    place = {"x": str(x), "width": str(width), "height": str(_HEIGHT), "fill": fill}
    return ElementTree.SubElement(parent, "rect", place)


def _mark(root: ElementTree.Element) -> None:
    """Draw the path and the sun of the portal's sign."""
    ElementTree.SubElement(
        root,
        "path",
        {
            "d": "M7 15.500c4 0 7-.7 7-3s-5-1.400-5-3.700c0-1.600 1.900-2.300 4.200-2.500",
            "fill": "none",
            "stroke": "#ecc168",
            "stroke-width": "1.600",
            "stroke-linecap": "round",
        },
    )
    ElementTree.SubElement(root, "circle", {"cx": "15.500", "cy": "5", "r": "1.600", "fill": "#ecc168"})


def _text(parent: ElementTree.Element, words: str, x: int) -> None:
    place = {"x": str(x), "y": "14", "textLength": str(_width(words))}
    ElementTree.SubElement(parent, "text", place).text = words


def _width(words: str) -> int:
    """Return about how wide Verdana sets the words at 11 pixels; `textLength` makes every other font keep to it."""
    return round(sum(4.2 if each in _NARROW else 10.2 if each in _WIDE else 6.9 for each in words))
