"""What the judges have in common: the shape of their facts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from conformance.examining.parser import ParseError
from conformance.parsers._programs import Ran
from conformance.parsers._text import decode, keepable, lines_of
from conformance.parsers.yaml import BoundError, parse

MOST_FINDINGS = 200
SEVERITIES = ("error", "warning", "info", "style")
SECONDS = 20.0
MOST_CHARACTERS = 64 * 1024
"""Judges take more time than they have for more, and nobody writes so much by hand."""


def judgeable(content: bytes) -> bytes:
    """Return the content as a judge gets it; ParseError when it is no text, or more than judges can take."""
    text = decode(content)
    if len(text) > MOST_CHARACTERS:
        raise ParseError(f"It has more than {MOST_CHARACTERS:,} characters, too many for a judge.")
    lines_of(text)
    return text.encode()


def judgeable_yaml(content: bytes) -> bytes:
    """Return as `judgeable`; BoundError also for YAML that is too deep or grows too much. Judges tell other faults."""
    text = judgeable(content)
    try:
        parse("", text)
    except BoundError:
        raise
    except ParseError:
        pass
    return text


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
