"""The checks: all of them, and one with who fails it, why it matters and how to repair it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conformance import checks as known
from conformance.choices import WAIVED
from conformance.examining.check import Check
from conformance.examining.terms import LEVELS, Level, Outcome
from conformance.exports.rules import rule
from conformance.models import Verdict
from conformance.services.fleet import open_verdicts
from portal.foundation.errors import NotFoundError
from portal.web.charts.shares import Part, Segment, shares
from portal.web.paging import address_without_page, page_of
from portal.web.people import PageRequest, signed_in
from portal.web.prose import markdown, safe_link
from portal.web.views.conformance import detail
from portal.web.views.conformance.addresses import check_page, listing

_EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A check in the catalogue: how many services fail it, cannot be judged by it, or are excused from it."""

    check: Check
    href: str
    failed: int
    errors: int
    waived: int
    segments: list[Segment]


@require_GET
@signed_in
def checks(request: PageRequest) -> HttpResponse:
    """List every check by level and area, with how the fleet fares."""
    counts = _counts()
    largest = max((sum(each.values()) for each in counts.values()), default=0)
    entries = [_entry(check, counts.get(check.id, Counter()), largest) for check in known.registry().values()]
    levels = [(level, _by_area([entry for entry in entries if entry.check.level == level])) for level in LEVELS]
    return render(request, "conformance/checks.html", {"levels": levels, "total": len(entries)})


@require_GET
@signed_in
def check(request: PageRequest, check_id: str) -> HttpResponse:
    """Show one check: what it asks and why, who fails it, how to repair it, and a service that passes."""
    found = known.registry().get(check_id)
    counts = _counts(check_id).get(check_id, Counter())
    if found is None and not counts and not Verdict.objects.filter(check_id=check_id).exists():
        raise NotFoundError(f"There is no check {check_id[:63]}.")
    failing = open_verdicts().filter(check_id=check_id, standing__in=[Outcome.FAIL.value, Outcome.ERROR.value])
    rows = failing.select_related("service__repository").order_by("-standing", "service__name", "pk")
    page = page_of(request, rows)
    words = rule(check_id)
    context = {
        "check": found,
        "check_id": check_id,
        "rule": words,
        "rationale": markdown(words.rationale),
        "fix": markdown(words.fix),
        "source_href": safe_link(words.source),
        "source_label": urlsplit(words.source).hostname or words.source,
        "failed": counts[Outcome.FAIL.value],
        "errors": counts[Outcome.ERROR.value],
        "waived": counts[WAIVED],
        "page": page,
        "rows": [(each, detail.places_of(each.service, each)[:1]) for each in page.object_list],
        "query": address_without_page(request),
        "fails_href": listing(fails=check_id),
        "waives_href": listing(waives=check_id),
        "example": _example(check_id),
    }
    return render(request, "conformance/check.html", context)


def _counts(check_id: str = "") -> dict[str, Counter[str]]:
    rows = open_verdicts()
    rows = rows.filter(check_id=check_id) if check_id else rows
    found: dict[str, Counter[str]] = {}
    for name, standing, count in rows.values_list("check_id", "standing").annotate(n=Count("*")):
        found.setdefault(name, Counter())[standing] = count
    return found


def _entry(check: Check, counts: Counter[str], largest: int) -> Entry:
    failed, errors, waived = (counts[standing] for standing in (Outcome.FAIL.value, Outcome.ERROR.value, WAIVED))
    parts = [Part("fail", "fail", failed), Part("error", "inconclusive", errors), Part("waived", "waived", waived)]
    return Entry(check, check_page(check.id), failed, errors, waived, shares(parts, whole=largest))


def _by_area(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.check.area, []).append(entry)
    return list(found.items())


def _example(check_id: str) -> tuple[Verdict, tuple[detail.Place, ...]] | None:
    """Return a service that passes, one with evidence if there is one among the first."""
    passing = Verdict.objects.filter(check_id=check_id, standing=Outcome.PASS.value)
    rows = list(passing.select_related("service__repository").order_by("pk")[:_EXAMPLES])
    rows.sort(key=lambda row: (not row.evidence, -Level(row.service.level).rank))
    return (rows[0], detail.places_of(rows[0].service, rows[0])) if rows else None
