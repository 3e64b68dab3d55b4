"""What the pages of the whole fleet and of one team show alike: figures, pictures, and who needs help first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.choices import WAIVED
from conformance.examining.terms import DEPARTED, Level
from conformance.exports.rules import rule
from conformance.services.calls import calls_for_help
from conformance.services.fleet import Group, Tallies, Version, groups, levels_of, tallies, trend
from portal.web.charts import bubbles, shares
from portal.web.charts import trend as trends
from portal.web.charts.shares import Part, Segment, percent_of
from portal.web.views.conformance.addresses import check_page, listing, team_page, version_page
from portal.web.views.conformance.words import reasons

ORDER = (Level.GOLD, Level.SILVER, Level.BRONZE, Level.NONE)
"""From left to right, and from the ground up."""
_WORST = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a picture: what it is about, its segments, what they sum up to, and where it leads."""

    label: str
    href: str
    segments: Sequence[Segment]
    total: int
    note: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """How many services stand at a level, out of all that were scanned, and how that changed in 90 days."""

    level: str
    count: int
    percent: int
    change: int
    href: str


def overview(owner: str = "") -> dict[str, Any]:
    """Return the context of the pictures for one owner's services, or for all: three queries."""
    rows = groups(owner)
    found = tallies(owner)
    levels = levels_of(rows)
    scanned = sum(levels.values())
    return {
        "owner": owner,
        "total": sum(row.services for row in rows),
        "scanned": scanned,
        "unscanned": sum(row.services - row.scanned for row in rows),
        "problems": sum(row.problems for row in rows),
        "reached": percent_of(levels[Level.GOLD] + levels[Level.SILVER], scanned),
        "distribution": shares.shares(level_parts(levels, owner=owner)),
        "drift": {drift.value: sum(row.drift.get(drift.value, 0) for row in rows) for drift in DEPARTED},
        **_moved(levels, found, owner),
        "map": bubbles.drift_map(found.files, lambda path, drift: listing(file=path, drift=drift, owner=owner)),
        "versions": versions(found.versions, owner),
        "teams": [] if owner else teams(rows),
        "worst": worst_checks(found.checks, owner),
        "calls": [(call.service, reasons(call)) for call in calls_for_help(owner)],
    }


def _moved(levels: Counter[Level], found: Tallies, owner: str) -> dict[str, Any]:
    scanned = sum(levels.values())
    picture = trends.trend(trend(levels, found.changes))
    changes = {band.level: band.change for band in picture.bands}
    tiles = [
        Tile(level, levels[level], percent_of(levels[level], scanned), changes[level], _of_level(level, owner=owner))
        for level in ORDER
    ]
    return {"trend": picture, "tiles": tiles}


def _of_level(level: str, **filters: str) -> str:
    return listing(level=level, state="scanned" if level == Level.NONE else "", **filters)


def level_parts(levels: Mapping[Level, int], **filters: str) -> list[Part]:
    """Return a part for each level; what has no level may also be unscanned, so the list has to say which it means."""
    return [
        Part(
            level.value,
            "No level" if level is Level.NONE else level.value.capitalize(),
            levels.get(level, 0),
            _of_level(level, **filters),
        )
        for level in ORDER
    ]


def teams(rows: Iterable[Group]) -> list[Bar]:
    """Return a bar of levels for each owner, those with the smallest share at silver or better first."""
    by_owner: dict[str, list[Group]] = {}
    for row in rows:
        by_owner.setdefault(row.owner_ref, []).append(row)
    bars = [_team(owner, of_owner) for owner, of_owner in by_owner.items()]
    bars.sort(key=lambda bar: (_reached(bar), -bar.total, bar.label))
    return bars


def _team(owner: str, rows: list[Group]) -> Bar:
    levels = levels_of(rows)
    segments = shares.shares(level_parts(levels, owner=owner))
    scanned = sum(levels.values())
    label = owner.rpartition("/")[2] or "nobody"
    reached = percent_of(levels[Level.GOLD] + levels[Level.SILVER], scanned)
    note = f"{reached}%" if scanned else "not scanned"
    return Bar(label, team_page(owner), segments, sum(row.services for row in rows), note)


def _reached(bar: Bar) -> int:
    return int(bar.note.rstrip("%")) if bar.note.endswith("%") else 101


def versions(found: Iterable[Version], owner: str = "") -> list[tuple[str, list[Bar]]]:
    """Return for each template a bar for each version in use, the newest first; the most used template first."""
    by_template: dict[str, list[Version]] = {}
    for each in found:
        by_template.setdefault(each.template_ref, []).append(each)
    wholes = {ref: sum(each.services for each in of_template) for ref, of_template in by_template.items()}
    return [
        (ref, [_version(each, wholes[ref], owner) for each in by_template[ref]])
        for ref in sorted(by_template, key=lambda ref: (-wholes[ref], ref))
    ]


def _version(found: Version, whole: int, owner: str) -> Bar:
    ref, version, behind = found.template_ref, found.version, found.behind
    key = "newest" if not behind else "behind" if behind == 1 else "far"
    part = Part(key, version, found.services, listing(template=ref, version=version, owner=owner))
    note = "newest" if not behind else f"{behind} behind"
    return Bar(version, version_page(ref, version), shares.shares([part], whole=whole), found.services, note)


def worst_checks(checks: Mapping[str, Mapping[str, int]], owner: str) -> list[Bar]:
    """Return a bar for each of the checks that fail most: failures, errors, waivers."""
    order = sorted(checks, key=lambda check: (-checks[check].get("fail", 0), -checks[check].get("error", 0), check))
    largest = max((sum(counts.values()) for counts in checks.values()), default=0)
    return [_check(check, checks[check], largest, owner) for check in order[:_WORST] if _is_open(checks[check])]


def _is_open(counts: Mapping[str, int]) -> bool:
    return bool(counts.get("fail") or counts.get("error"))


def _check(check_id: str, counts: Mapping[str, int], largest: int, owner: str) -> Bar:
    parts = [
        Part("fail", "fail", counts.get("fail", 0), listing(fails=check_id, owner=owner)),
        Part("error", "inconclusive", counts.get("error", 0), listing(fails=check_id, owner=owner)),
        Part("waived", "waived", counts.get(WAIVED, 0), listing(waives=check_id, owner=owner)),
    ]
    segments = shares.shares(parts, whole=largest)
    return Bar(rule(check_id).title, check_page(check_id), segments, counts.get("fail", 0))
