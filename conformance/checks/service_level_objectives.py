"""Service-level objectives as data that a generator of alerts can read."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._places import is_deployed, is_foreign
from conformance.checks._words import counted, listed
from conformance.examining.check import Check, Evidence, Finding, failed, not_applicable, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject, UnreadableError
from conformance.examining.terms import Level

_TARGETS = ("target", "targetPercent", "objective")


def judge(subject: Subject) -> Finding:
    """Judge the documents that say of themselves that they are objectives: each must name a target."""
    found, unread = [], []
    for path in subject.paths("**/*.yaml", "**/*.yml"):
        if is_foreign(path):
            continue
        try:
            found += [(path, document, kind) for document in subject.yaml(path) if (kind := _kind(document))]
        except UnreadableError as error:
            unread.append(error)
    bare = [(path, document) for path, document, kind in found if not any(_targets(document, kind))]
    if bare:
        places = [Evidence(path, document.line, "It names no target.") for path, document in bare]
        return failed(f"{listed(dict(bare))} holds an objective without a target.", *places)
    if found:
        names = listed(sorted({kind for _, _, kind in found}))
        places = [Evidence(path, document.line) for path, document, _ in found]
        return passed(f"What the service promises is stated in {counted(len(found), 'document')} of {names}.", *places)
    return _nothing_found(subject, unread)


def _nothing_found(subject: Subject, unread: list[UnreadableError]) -> Finding:
    """Return that there is none; a file that cannot be read counts when its name says that it holds objectives."""
    for error in unread:
        if "slo" in error.path.casefold():
            raise error
    if not is_deployed(subject):
        return not_applicable("Nothing of this component runs, so it promises no service level.")
    return failed("There is no service-level objective of OpenSLO, Sloth or Pyrra in any YAML file.")


def _kind(document: Node) -> str:
    """Return whose objective the document is; empty when it is none."""
    version, kind = document["apiVersion"].text, document["kind"].text
    if version.startswith("openslo/") and kind == "SLO":
        return "OpenSLO"
    if version.startswith("sloth.slok.dev/") and kind == "PrometheusServiceLevel":
        return "Sloth"
    if document["version"].text == "prometheus/v1" and document["slos"]:
        return "Sloth"
    return "Pyrra" if version.startswith("pyrra.dev/") and kind == "ServiceLevelObjective" else ""


def _targets(document: Node, kind: str) -> Iterator[float]:
    """Yield the targets that are numbers above zero."""
    body = document["spec"] or document
    holders = {"OpenSLO": body["objectives"], "Sloth": body["slos"], "Pyrra": body}[kind]
    for holder in holders:
        for key in _TARGETS:
            number = _number(holder[key].value)
            if number > 0:
                yield number


def _number(value: object) -> float:
    """Return a number, also one that stands in quotes (Pyrra); 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        return float(value)
    except ValueError:
        return 0.0


CHECK = Check(
    id="service-level-objectives",
    title="Service-level objectives are stated as data",
    level=Level.GOLD,
    area="Operations",
    applies_to="Services that run; libraries promise no service level",
    rationale=(
        "An objective says how good is good enough. Alerts come from it instead of from guessed thresholds, and "
        "what is left of the error budget tells whether to ship or to repair. In a file of a known format it is "
        "reviewed, versioned and turned into rules by a generator."
    ),
    fix=(
        "State at least availability and latency, in OpenSLO, Sloth or Pyrra.\n\n"
        "```yaml\n"
        "# slo.yaml\n"
        "apiVersion: openslo/v1\n"
        "kind: SLO\n"
        "metadata:\n"
        "name: ledger-availability\n"
        "spec:\n"
        "service: ledger\n"
        "indicatorRef: ledger-availability\n"
        "timeWindow:\n"
        "- {duration: 28d, isRolling: true}\n"
        "budgetingMethod: Occurrences\n"
        "objectives:\n"
        "- {displayName: Availability, target: 0.999}\n"
        "```"
    ),
    judge=judge,
    source="https://github.com/OpenSLO/OpenSLO",
)
