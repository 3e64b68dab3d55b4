"""One departed file: as recorded, as committed, as the newest version of the template has it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conformance.services import drift as drifts
from conformance.services.drift import DriftTexts
from portal.web.diffs import MOST_ROWS, compare
from portal.web.people import PageRequest, signed_in
from portal.web.sources import is_binary
from portal.web.views.conformance.addresses import file_at
from portal.web.views.conformance.service import find

_SIDES = {
    "team": ("recorded", "current"),
    "template": ("recorded", "newest"),
    "upgrade": ("current", "newest"),
}
"""What is compared with what, by the word in the address."""
_VIEWS = (
    ("team", "What the team changed"),
    ("template", "What the template changed"),
    ("upgrade", "What an upgrade would change"),
)
_STORIES = {
    "drifted": "The platform looks after this file, and the team edited it.",
    "weakened": "This file guards quality or security, and the team edited it.",
    "missing": "The platform looks after this file, and it is gone.",
    "behind": "The team did not touch this file; a newer version of the template renders it differently.",
    "forked": "The team edited this file, and a newer version of the template renders it differently too.",
}
_NAMES = {"recorded": "recorded render", "current": "file now", "newest": "newest version"}


@require_GET
@signed_in
def drift(request: PageRequest, namespace: str, name: str, path: str) -> HttpResponse:
    """Show the difference between two of a file's three texts; `view` in the address says which."""
    service = find(namespace, name)
    texts = drifts.texts(service, path)
    view = request.GET.get("view", "")
    view = view if view in _SIDES else ("template" if texts.drift == "behind" else "team")
    context = {
        "service": service,
        "texts": texts,
        "view": view,
        "views": _VIEWS,
        "story": _STORIES.get(texts.drift, ""),
        "most": MOST_ROWS,
        "href": file_at(service, texts.renamed_to or path, 0, service.commit) if texts.current is not None else "",
        **_difference(texts, view),
    }
    return render(request, "conformance/drift.html", context)


def _difference(texts: DriftTexts, view: str) -> dict[str, Any]:
    before, after = (getattr(texts, side) for side in _SIDES[view])
    names = [_NAMES[side] for side in _SIDES[view]]
    known: dict[str, Any] = {"before": names[0], "after": names[1], "is_binary": False, "is_same": before == after}
    if before is None and after is None:
        return {**known, "rows": [], "is_absent": True}
    if any(text is not None and is_binary(text) for text in (before, after)):
        return {**known, "rows": [], "is_binary": True}
    rows, is_cut = compare(before, after)
    return {**known, "rows": rows, "is_cut": is_cut, "only": _only(before, after, names)}


def _only(before: bytes | None, after: bytes | None, names: list[str]) -> str:
    """Return the side that alone has the file, in words."""
    if before is None:
        return names[1]
    return names[0] if after is None else ""
