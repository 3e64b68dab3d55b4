"""What the page of one service shows of its checks: by level, by area, with the way to the next level."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from conformance.choices import WAIVED
from conformance.examining.terms import LEVELS, Level, Outcome
from conformance.exports.rules import Rule, rule
from conformance.models import Service, Verdict
from portal.web.charts.rings import Ring
from portal.web.prose import markdown
from portal.web.views.conformance.addresses import check_page, file_at

_OPEN = frozenset({Outcome.FAIL.value, Outcome.ERROR.value})
_ORDER = {Outcome.FAIL.value: 0, Outcome.ERROR.value: 1, WAIVED: 2, Outcome.PASS.value: 3}


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of evidence: where it is, what stands there, and its address in the repository browser."""

    path: str
    line: int
    excerpt: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One check of the service, with its verdict."""

    verdict: Verdict
    rule: Rule
    places: tuple[Place, ...]
    waive_href: str = ""

    @property
    def href(self) -> str:
        """The page of the check."""
        return check_page(self.verdict.check_id)

    @property
    def fix(self) -> SafeString:
        """How to repair it, as HTML."""
        return markdown(self.rule.fix)

    @property
    def is_open(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.verdict.standing in _OPEN


@dataclass(slots=True)
class Stage:
    """The checks of one level: by area, and how many of those that apply are settled."""

    level: Level
    is_reached: bool
    is_next: bool
    rows: list[Row] = field(default_factory=list)

    @property
    def applicable(self) -> list[Row]:
        """The checks that have something to say about this service."""
        return [row for row in self.rows if row.verdict.standing != Outcome.NOT_APPLICABLE]

    @property
    def open(self) -> list[Row]:
        """The checks that fail or are inconclusive, failures first."""
        return [row for row in self.rows if row.is_open]

    @property
    def ring(self) -> Ring:
        """How many of the applicable checks are settled."""
        return Ring(len(self.applicable) - len(self.open), len(self.applicable))

    @property
    def areas(self) -> list[tuple[str, list[Row]]]:
        """The checks by area, those to be done first."""
        found: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: row.rule.area):
            found.setdefault(row.rule.area, []).append(row)
        return list(found.items())


def stages(service: Service, verdicts: Iterable[Verdict]) -> list[Stage]:
    """Return the levels, lowest first, with the verdicts that belong to each."""
    reached = Level(service.level)
    found = {level: Stage(level, level.rank <= reached.rank, level.rank == reached.rank + 1) for level in LEVELS}
    for verdict in verdicts:
        if verdict.level in found:
            found[Level(verdict.level)].rows.append(_row(service, verdict))
    for stage in found.values():
        stage.rows.sort(key=lambda row: (_ORDER.get(row.verdict.standing, 4), row.rule.title))
    return list(found.values())


def missing(all_stages: Sequence[Stage]) -> list[Row]:
    """Return what stands between the service and its next level."""
    return [row for stage in all_stages if stage.is_next or stage.is_reached for row in stage.open]


def verdicts_of(service: Service) -> QuerySet[Verdict]:
    """Return the current verdicts with their waivers, for a page."""
    return Verdict.objects.filter(service=service).select_related("waiver").order_by("check_id")


def _row(service: Service, verdict: Verdict) -> Row:
    waive = waive_page(service, verdict.check_id) if verdict.standing == Outcome.FAIL else ""
    return Row(verdict, rule(verdict.check_id), places_of(service, verdict), waive)


def places_of(service: Service, verdict: Verdict) -> tuple[Place, ...]:
    """Return the evidence of a verdict, with addresses."""
    return tuple(_place(service, each, verdict.message) for each in verdict.evidence)


def _place(service: Service, evidence: dict[str, Any], message: str) -> Place:
    """Return a piece of evidence; a path that is not in the commit, such as a missing file's, leads nowhere.

    A note that only says what the verdict's message says is left out.
    """
    path, line = str(evidence.get("path", "")), int(evidence.get("line", 0))
    href = file_at(service, path, line, service.commit) if path and evidence.get("sha") else ""
    note = str(evidence.get("note", ""))
    shown = "" if note.rstrip(".") == message.rstrip(".") else note
    return Place(path, line, str(evidence.get("excerpt", "")), shown, href)


def waive_page(service: Service, check_id: str) -> str:
    """Return the address of the form that asks for a waiver."""
    return f"{reverse('web:conformance-waiver-new')}?{urlencode({'service': service.entity_ref, 'check': check_id})}"
