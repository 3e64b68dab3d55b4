"""The descriptor of the service is a complete Component, and says what the catalog says."""

from __future__ import annotations

import string
from itertools import pairwise

from conformance.checks._problems import Problem, failed_by
from conformance.checks._refs import full
from conformance.checks._words import cut
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_PATHS = ("catalog-info.yaml", "catalog-info.yml")
_VERSIONS = ("backstage.io/v1alpha1", "backstage.io/v1beta1")
_REQUIRED = ("owner", "lifecycle", "type")
_SIGNS = frozenset("-_.")
_LONGEST_NAME = 63


def judge(subject: Subject) -> Finding:
    """Judge the first document: what a Component needs, and what the catalog holds beside it."""
    path = next((each for each in _PATHS if each in subject.files), "")
    if not path:
        return failed("There is no catalog-info.yaml in the top folder.")
    document = next(iter(subject.yaml(path)), Node(None))
    if not document.is_mapping:
        return failed(f"{path} holds no entity.", Evidence(path))
    problems = [*_incomplete(path, document, _required(subject))]
    problems = problems or _disagreements(path, document, subject)
    if problems:
        return failed_by(problems)
    if not subject.entity:
        return inconclusive(
            f"{path} is valid, but the catalog does not know this service.", Evidence(path, document.line)
        )
    return passed(f"{path} describes {cut(subject.entity['ref'])} as the catalog does.", Evidence(path, document.line))


def _required(subject: Subject) -> tuple[str, ...]:
    """Return the fields that must be there: the system only where the service was made as a part of one."""
    answers = subject.lock.document.get("answers")
    has_system = isinstance(answers, dict) and bool(answers.get("system"))
    return (*_REQUIRED, "system") if has_system else _REQUIRED


def _incomplete(path: str, document: Node, required: tuple[str, ...]) -> list[Problem]:
    """Return what keeps the document from being a valid Component with an owner."""
    problems: list[Problem] = []
    if document["apiVersion"].text not in _VERSIONS:
        problems.append(_problem(path, document["apiVersion"], document, f"apiVersion is not {_VERSIONS[0]}"))
    if document["kind"].text != "Component":
        kind = cut(document["kind"].text) or "missing"
        problems.append(
            _problem(path, document["kind"], document, f"The kind of the first document is {kind}, not Component")
        )
    name = document.at("metadata.name")
    if not _is_name(name.value):
        problems.append(_problem(path, name, document, "metadata.name is missing or is no valid name"))
    for key in required:
        node = document["spec"][key]
        if not isinstance(node.value, str) or not node.text.strip():
            problems.append(_problem(path, node, document, f"spec.{key} is missing"))
    return problems


def _disagreements(path: str, document: Node, subject: Subject) -> list[Problem]:
    """Return where the document and the catalog's component differ."""
    if not subject.entity:
        return []
    namespace = (document.at("metadata.namespace").text or "default").casefold()
    spec = document["spec"]
    own = f"component:{namespace}/{document.at('metadata.name').text}".casefold()
    pairs = (
        ("the component", document.at("metadata.name"), own, full(str(subject.entity.get("ref", "")), "component")),
        ("the owner", spec["owner"], full(spec["owner"].text, "group", namespace), _known(subject, "owner", "group")),
        (
            "the system",
            spec["system"],
            full(spec["system"].text, "system", namespace) if spec["system"] else "",
            _known(subject, "system", "system"),
        ),
        ("the type", spec["type"], spec["type"].text, str(subject.entity.get("type", ""))),
        ("the lifecycle", spec["lifecycle"], spec["lifecycle"].text, str(subject.entity.get("lifecycle", ""))),
    )
    return [
        _problem(
            path,
            node,
            document,
            f"{path} says that {what} is {cut(here) or 'nothing'}, the catalog says {cut(there) or 'nothing'}",
        )
        for what, node, here, there in pairs
        if here != there
    ]


def _known(subject: Subject, key: str, kind: str) -> str:
    text = str(subject.entity.get(key, ""))
    return full(text, kind) if text else ""


def _problem(path: str, node: Node, document: Node, words: str) -> Problem:
    return Problem(words, path, node.line or document.line)


def _is_name(value: object) -> bool:
    """Tell whether a value is a name: 63 letters, digits and `-_.` at most, the latter inside and apart."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        return False
    allowed = set(string.ascii_letters + string.digits) | _SIGNS
    in_a_row = any(first in _SIGNS and second in _SIGNS for first, second in pairwise(value))
    return set(value) <= allowed and value[0] not in _SIGNS and value[-1] not in _SIGNS and not in_a_row


CHECK = Check(
    id="catalog-info-valid",
    title="catalog-info.yaml is complete and agrees with the catalog",
    level=Level.BRONZE,
    area="Ownership",
    applies_to="Every service",
    rationale=(
        "`catalog-info.yaml` is how everybody finds the owner, the system (of what is a part of one) and the stage of "
        "life of a service. A "
        "field that is missing leaves a service that nobody answers for; a file that differs from the catalog was "
        "not read, or was read from somewhere else."
    ),
    fix=(
        "Let the first document be a `Component` with these fields, and refresh its location in the catalog after "
        "the change is merged.\n\n"
        "```yaml\n"
        "apiVersion: backstage.io/v1alpha1\n"
        "kind: Component\n"
        "metadata:\n"
        "  name: ledger\n"
        "spec:\n"
        "  type: service\n"
        "  lifecycle: production\n"
        "  owner: group:default/payments\n"
        "  system: checkout  # if it is a part of one\n"
        "```"
    ),
    judge=judge,
    source="https://backstage.io/docs/features/software-catalog/descriptor-format#kind-component",
)
