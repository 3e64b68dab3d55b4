"""Services as rows, for spreadsheets and scripts. Nothing is held in memory: rows are made while they are read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from conformance.exports.links import service_url
from conformance.models import Service
from portal.foundation.api.times import wire_time

COLUMNS = (
    "service", "namespace", "name", "title", "owner", "system", "type", "lifecycle", "tags", "template", "version",
    "versionsBehind", "level", "score", "isHeld", "pass", "fail", "error", "waived", "notApplicable", "inSync",
    "drifted", "weakened", "missing", "behind", "forked", "teamOwned", "added", "commit", "committedAt", "evaluatedAt",
    "problem", "url",
)  # fmt: skip
_BATCH = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def service_rows(services: QuerySet[Service]) -> Iterator[dict[str, Any]]:
    """Yield a row for each service, with the names of COLUMNS; `tags` is a list, times are ISO 8601 in UTC."""
    for service in services.iterator(chunk_size=_BATCH):
        yield _row(service)


def csv_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the rows as CSV (RFC 4180) with a header, which is there even without rows.

    A text that a spreadsheet would run as a formula begins with an apostrophe, as OWASP's "CSV Injection" asks.
    """
    yield _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line([_cell(row[name]) for name in COLUMNS])


def json_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the rows as one JSON array, a row a line."""
    before = "["
    for row in rows:
        yield f"{before}\n{json.dumps(row)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _row(service: Service) -> dict[str, Any]:
    return {
        "service": service.entity_ref,
        "namespace": service.namespace,
        "name": service.name,
        "title": service.title,
        "owner": service.owner_ref,
        "system": service.system_ref,
        "type": service.type,
        "lifecycle": service.lifecycle,
        "tags": service.tags,
        "template": service.template_ref,
        "version": service.template_version,
        "versionsBehind": service.versions_behind,
        "level": service.level,
        "score": service.score,
        "isHeld": service.is_held,
        **_camel(service.standing_counts()),
        **_camel(service.drift_counts()),
        "commit": service.commit,
        "committedAt": wire_time(service.committed_at),
        "evaluatedAt": wire_time(service.evaluated_at),
        "problem": service.problem,
        "url": service_url(service),
    }


def _camel(counts: dict[str, int]) -> dict[str, int]:
    return {name.partition("-")[0] + name.partition("-")[2].capitalize(): count for name, count in counts.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _csv_line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
