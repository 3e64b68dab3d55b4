"""Checks and their results in the exact shapes of Backstage's Tech Insights.

The type is always `json-rules-engine`: its front end renders no other by default. `description` is Markdown and says
what was found and how to repair it; whatever comes out of a repository is escaped in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conformance import checks
from conformance.api.insights import facts
from conformance.examining.terms import LEVELS, Level
from conformance.exports.links import check_url, portal_url, service_url
from conformance.exports.rules import rule
from conformance.models import Service

TYPE = "json-rules-engine"
MOST_PLACES = 5
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")

Wire = dict[str, Any]


class Found(NamedTuple):
    """What one check says of one service, as it is stored."""

    check_id: str
    level: str
    standing: str
    message: str
    evidence: Sequence[Mapping[str, Any]]


def all_checks() -> list[Wire]:
    """Return every check, and one for each level."""
    listed = [_listed(check.id, check.level.value) for check in checks.registry().values()]
    return [*map(_level_check, LEVELS), *listed]


def known_ids() -> frozenset[str]:
    """Return the ids of all checks."""
    return frozenset([*checks.registry(), *map(_level_id, LEVELS)])


def results(service: Service, found: Iterable[Found], wanted: frozenset[str] | None) -> Iterator[Wire]:
    """Yield the results of a service, of all checks or of those that are wanted.

    What does not apply or could not decide has none, as with Backstage's own checks whose facts are missing. A waived
    failure counts as true, and says that it is waived.
    """
    for level in LEVELS:
        if wanted is None or _level_id(level) in wanted:
            yield _level_result(service, level)
    for each in found:
        if each.standing in facts.TRUTH and (wanted is None or each.check_id in wanted):
            yield _result(service, each)


def _listed(check_id: str, level: str) -> Wire:
    about = rule(check_id)
    return {
        "id": check_id,
        "type": TYPE,
        "name": about.title,
        "description": about.help,
        "factIds": [facts.CHECKS],
        "metadata": {"level": level, "area": about.area},
        "links": [{"title": "About this check", "url": check_url(check_id)}],
        "rule": {"conditions": _is_true(check_id)},
        "filter": {"kind": "component"},
    }


def _level_check(level: Level) -> Wire:
    return {
        "id": _level_id(level),
        "type": TYPE,
        "name": f"Goldpath {level.value}",
        "description": f"The service is at level {level.value} or above: every check up to it passes or is waived.",
        "factIds": [facts.STANDING],
        "metadata": {"level": level.value, "area": "Level"},
        "links": [{"title": "The fleet in Goldpath", "url": f"{portal_url()}/conformance"}],
        "rule": {"conditions": _at_least(level)},
        "filter": {"kind": "component"},
    }


def _level_result(service: Service, level: Level) -> Wire:
    now = Level(service.level)
    check = _level_check(level)
    check["description"] = f"The service is at level {now.value}, with {service.score} of 100 points."
    return _answer(service, check, {"levelRank": now.rank}, is_true=now.rank >= level.rank)


def _result(service: Service, found: Found) -> Wire:
    is_true = facts.TRUTH[found.standing]
    check = _listed(found.check_id, found.level)
    check["description"] = _description(found)
    check["metadata"] = {**check["metadata"], "verdict": found.standing}
    return _answer(service, check, {found.check_id: is_true}, is_true=is_true)


def _answer(service: Service, check: Wire, values: Mapping[str, Any], *, is_true: bool) -> Wire:
    """Return a result. There may be half a million in one answer, so what `checks` tells anyway is left out."""
    del check["filter"], check["rule"]
    page = {"title": "The service in Goldpath", "url": service_url(service)}
    check["links"] = [page] if is_true else [page, *check["links"]]
    shown = {name: {"id": name, "value": value, **facts.fact_schema(name)} for name, value in values.items()}
    return {"facts": shown, "result": is_true, "check": check}


def _description(found: Found) -> str:
    """Return what was found; for a failure, also where, and how to repair it."""
    said = _escaped(found.message) or rule(found.check_id).title
    if found.standing == "pass":
        return said
    places = [_place(each) for each in found.evidence[:MOST_PLACES]]
    more = len(found.evidence) - len(places)
    listed = "\n".join([*places, *([f"- and {more} more"] if more > 0 else [])])
    waived = "**Waived.** " if found.standing == "waived" else ""
    parts = [waived + said, listed, f"**How to fix it**\n\n{rule(found.check_id).fix}"]
    return "\n\n".join(part for part in parts if part)


def _place(evidence: Mapping[str, Any]) -> str:
    line = f", line {int(evidence['line'])}" if evidence.get("line") else ""
    return f"- {_escaped(str(evidence['path']))}{line}"


def _escaped(text: str) -> str:
    """Return text as Markdown that shows exactly it."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _level_id(level: Level) -> str:
    return f"goldpath-level-{level.value}"


def _is_true(fact: str) -> Wire:
    return {"all": [{"fact": fact, "operator": "equal", "value": True, "params": {"factRetrieverId": facts.CHECKS}}]}


def _at_least(level: Level) -> Wire:
    return {
        "all": [
            {
                "fact": "levelRank",
                "operator": "greaterThanInclusive",
                "value": level.rank,
                "params": {"factRetrieverId": facts.STANDING},
            }
        ]
    }
