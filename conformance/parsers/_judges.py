"""What the judges have in common: the shape of their facts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from conformance.parsers._programs import Ran
from conformance.parsers._text import keepable

MOST_FINDINGS = 200
SEVERITIES = ("error", "warning", "info", "style")
SECONDS = 30.0


def finding(rule: Any, severity: str, message: Any, line: Any) -> dict[str, Any]:
    """Return one finding; a severity that is not known counts as `info`."""
    return {
        "rule": keepable(str(rule), 100),
        "severity": severity if severity in SEVERITIES else "info",
        "message": keepable(str(message), 500),
        "line": line if isinstance(line, int) else 0,
    }


def verdict(tool: str, found: Iterable[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a judge's facts: its findings by line, the first 200."""
    ordered = sorted(found, key=lambda each: (each["line"], each["rule"], each["message"]))
    return {"tool": tool, "findings": ordered[:MOST_FINDINGS], **more}


def answer_of(tool: str, ran: Ran) -> list[Any]:
    """Return the JSON list that the program wrote; RuntimeError when it wrote something else."""
    try:
        answer = json.loads(ran.out)
    except (ValueError, RecursionError):
        raise RuntimeError(f"{tool} ended with {ran.code} and wrote no JSON") from None
    if not isinstance(answer, list):
        raise RuntimeError(f"{tool} wrote something unexpected")
    return answer
