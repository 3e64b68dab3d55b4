"""GitHub workflows, judged by zizmor: are they safe (https://docs.zizmor.sh).

Offline, so without the audits that ask GitHub.
"""

from __future__ import annotations

from typing import Any

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._judges import SECONDS, answer_of, finding, judgeable_yaml, verdict
from conformance.parsers._programs import run, version_of
from conformance.parsers.actionlint import is_workflow

_VERSION = version_of("zizmor", "zizmor")
_FILE = ".github/workflows/workflow.yml"
_ARGUMENTS = (
    "--offline", "--no-config", "--no-ignores", "--no-exit-codes", "--no-progress", "--quiet", "--color", "never",
    "--format", "json-v1", _FILE,
)  # fmt: skip
_NO_INPUT = 3
_SEVERITIES = {"High": "error", "Medium": "warning", "Low": "info", "Informational": "style"}


def parse(_path: str, content: bytes) -> Any:
    """Return zizmor's findings; ParseError for no workflow.

    Its severities high to informational are error to style; `confidence` is high, medium, low or unknown.
    """
    ran = run("zizmor", _ARGUMENTS, files={_FILE: judgeable_yaml(content)})
    if ran.code == _NO_INPUT:
        raise ParseError("zizmor cannot read it as a workflow.")
    return verdict(f"zizmor {_VERSION}", (_finding(each) for each in answer_of("zizmor", ran)))


def _finding(each: dict[str, Any]) -> dict[str, Any]:
    places = each.get("locations") or [{}]
    place = next((place for place in places if place.get("symbolic", {}).get("kind") == "Primary"), places[0])
    row = place.get("concrete", {}).get("location", {}).get("start_point", {}).get("row", -1)
    note = place.get("symbolic", {}).get("annotation", "")
    severity = _SEVERITIES.get(each.get("determinations", {}).get("severity", ""), "info")
    words = f"{each.get('desc')}: {note}" if note else each.get("desc")
    confidence = str(each.get("determinations", {}).get("confidence", "")).lower()
    return {**finding(each.get("ident"), severity, words, row + 1), "confidence": confidence}


PARSER = Parser(
    name="zizmor",
    version=f"2 zizmor {_VERSION}",
    wants=is_workflow,
    parse=parse,
    seconds=SECONDS,
    is_external=True,
)
