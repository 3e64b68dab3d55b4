"""The list of services: its filters and its order, as they stand in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, IntegerField, OrderBy, Value, When
from django.db.models.expressions import Expression
from django.http import HttpRequest, QueryDict

from conformance import checks
from conformance.choices import DRIFTS, LEVELS
from conformance.examining.terms import Drift, Level
from conformance.exports.rules import rule
from conformance.models import Service, ServiceQuerySet
from conformance.models.service import FILTERS

LONGEST = 255
NAMES = ("text", "owner", "level", "system", "type", "lifecycle", "template", "version", "drift", "file", "fails",
         "waives", "state")  # fmt: skip
STATE_LABELS = {
    "scanned": "Scanned",
    "unscanned": "Never scanned",
    "scanning": "Scan under way",
    "problem": "Repository cannot be read",
    "inconclusive": "With inconclusive checks",
    "waived": "With waivers",
    "behind": "Behind the newest version",
}
_RANK = Case(
    *[When(level=level.value, then=Value(level.rank)) for level in Level],
    default=Value(0),
    output_field=IntegerField(),
)
WORST_FIRST = (_RANK, "score", "name", "pk")
_DEPARTED = F("weakened") + F("missing") + F("forked") + F("drifted")
SORTS: dict[str, tuple[str | Expression, ...]] = {
    "name": ("name", "namespace"),
    "owner": ("owner_ref", "name"),
    "level": (_RANK, "score"),
    "score": ("score",),
    "drift": (_DEPARTED,),
    "version": ("versions_behind",),
    "scanned": ("committed_at",),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, and the address without it."""

    label: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: how it is sorted by it now, and the address that sorts by it, or the other way round."""

    key: str
    label: str
    order: str
    href: str


def chosen_in(request: HttpRequest) -> dict[str, str]:
    """Return the filters in the address; a longer value than any column has finds nothing either way."""
    return {name: request.GET.get(name, "")[:LONGEST] for name in NAMES}


def services_of(request: HttpRequest) -> ServiceQuerySet:
    """Return the services that the address asks for, in its order: what the page, the CSV and the JSON hold alike."""
    found = Service.objects.listed(chosen_in(request))
    name, is_down = _sort(request)
    ordered = [OrderBy(F(key) if isinstance(key, str) else key, descending=is_down) for key in SORTS[name]]
    return found.order_by(*ordered, "pk")


def columns(request: HttpRequest) -> dict[str, Column]:
    """Return the columns of the list by their keys."""
    name, is_down = _sort(request)
    labels = {"name": "Service", "owner": "Owner", "level": "Level", "score": "Score", "drift": "Files that departed",
              "version": "Template", "scanned": "Last commit"}  # fmt: skip
    found = {}
    for key, label in labels.items():
        order = ("descending" if is_down else "ascending") if key == name else "none"
        falls = order == "ascending" or (order == "none" and key == "drift")
        found[key] = Column(key, label, order, _address(request.GET, "sort", f"-{key}" if falls else key))
    return found


def chips(request: HttpRequest, chosen: Mapping[str, str]) -> list[Chip]:
    """Return the filters that are on, each with the way to be rid of it."""
    return [
        Chip(_LABELS[name], _shown(name, value), _address(request.GET, name, ""))
        for name, value in chosen.items()
        if value
    ]


def options() -> dict[str, list[tuple[str, str]]]:
    """Return what each filter offers, as (value, label), in one query."""
    names = ("owner", "system", "type", "lifecycle", "template", "version")
    rows = set(Service.objects.order_by().values_list(*[FILTERS[name] for name in names]).distinct())
    found = {
        name: [(value, _shown(name, value)) for value in sorted({str(row[index]) for row in rows} - {""})]
        for index, name in enumerate(names)
    }
    departed = [(key, label) for key, label in DRIFTS if key not in {Drift.IN_SYNC, Drift.TEAM_OWNED, Drift.ADDED}]
    failing = [(check.id, check.title) for check in checks.registry().values()]
    return {**found, "level": LEVELS, "drift": departed, "fails": failing, "state": list(STATE_LABELS.items())}


def query_of(request: HttpRequest) -> str:
    """Return the address's query without the page, with its question mark; empty when nothing is chosen."""
    return _address(request.GET, "page", "").rstrip("?")


def _sort(request: HttpRequest) -> tuple[str, bool]:
    given = request.GET.get("sort", "")
    name = given.removeprefix("-")
    return (name, given.startswith("-")) if name in SORTS else ("name", False)


def _address(query: QueryDict, name: str, value: str) -> str:
    changed = query.copy()
    for each in ("page", name):
        changed.pop(each, None)
    if value:
        changed[name] = value
    return f"?{changed.urlencode()}"


def _shown(name: str, value: str) -> str:
    labels: dict[str, dict[str, str]] = {
        "level": dict(LEVELS),
        "drift": dict(DRIFTS),
        "state": STATE_LABELS,
    }
    if name in {"fails", "waives"}:
        return rule(value).title
    if name in {"owner", "system", "template"}:
        return value.rpartition("/")[2] or value
    return labels.get(name, {}).get(value, value)


_LABELS: dict[str, Any] = {
    "text": "Text",
    "owner": "Owner",
    "level": "Level",
    "system": "System",
    "type": "Type",
    "lifecycle": "Lifecycle",
    "template": "Template",
    "version": "Version",
    "drift": "Drift",
    "file": "File",
    "fails": "Fails",
    "waives": "Waives",
    "state": "State",
}
