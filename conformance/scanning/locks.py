"""Looks at the lock file in a commit, and believes none of it that the record does not say too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.drift import Comparison
from conformance.examining.terms import Drift
from scaffolder.git import ObjectReader, TreeFile
from scaffolder.models import Lineage, TemplateVersion

LOCK = ".goldpath/lock.json"
MOST_BYTES = 4 * 1024 * 1024


def committed_lock(files: Mapping[str, TreeFile], reader: ObjectReader) -> tuple[dict[str, Any], str]:
    """Return the lock as committed, and what is wrong with it in words; an unreadable one is empty."""
    file = files.get(LOCK)
    if file is None:
        return {}, f"{LOCK} is missing."
    if reader.sizes([file.blob]).get(file.blob, 0) > MOST_BYTES:
        return {}, f"{LOCK} is too large to be a lock."
    content = dict(reader.blobs([file.blob])).get(file.blob, b"")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}, f"{LOCK} is not JSON."
    if not isinstance(document, dict) or not isinstance(document.get("template"), dict):
        return {}, f"{LOCK} is not a lock of Goldpath."
    return document, ""


def disagreement(document: Mapping[str, Any], lineage: Lineage, comparison: Comparison) -> str:
    """Return in words why a readable lock is not believed; empty when it says what the record says.

    The gravest reason is told: another service's lock, a version from the future, a version that is not the recorded
    one, answers or file hashes that were edited. A lock that claims another version than the recorded one while the
    files still are (or are not) those of that version is told as such.
    """
    recorded = lineage.lock
    if _identity(document) != _identity(recorded):
        return f"The lock is of another service or template ({_identity(document)[:100]})."
    claimed = str(document["template"].get("version", ""))[:64]
    if claimed != lineage.template.version:
        return _wrong_version(claimed, lineage, comparison)
    for part in ("answers", "context", "files", "layers", "template", "lockVersion"):
        if document.get(part) != recorded.get(part):
            return f"The lock was edited: its {part} are not those of the recorded render."
    return ""


def _wrong_version(claimed: str, lineage: Lineage, comparison: Comparison) -> str:
    behind = comparison.counts.get(Drift.BEHIND, 0) + comparison.counts.get(Drift.FORKED, 0)
    if not TemplateVersion.objects.filter(ref=lineage.template.ref, version=claimed).exists():
        return f"The lock claims version {claimed}, which does not exist (yet); recorded is {lineage.template.version}."
    content = f", and {behind} files are not as that version renders them" if behind else ""
    return f"The lock claims version {claimed}, but {lineage.template.version} is what was applied{content}."


def _identity(document: Mapping[str, Any]) -> str:
    """Return which service and template a lock is of, as text; anything may stand in a committed lock."""
    template, context, answers = document.get("template"), document.get("context"), document.get("answers")
    parts = [
        template.get("ref") if isinstance(template, dict) else "",
        context.get("repositorySlug") if isinstance(context, dict) else "",
        answers.get("name") if isinstance(answers, dict) else "",
    ]
    return " ".join(str(part)[:200] for part in parts)
