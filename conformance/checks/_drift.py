"""Files that departed from the recorded render, as checks tell of them."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.checks._words import counted
from conformance.examining.check import Evidence, Finding, failed
from conformance.examining.subject import FileDrift, Subject
from conformance.examining.terms import Drift

LOCK = ".goldpath/lock.json"
UNRECORDED = "The portal has no record of a template behind this service."
EDITED = (Drift.WEAKENED, Drift.MISSING, Drift.FORKED, Drift.DRIFTED)
_NOTES = {
    Drift.WEAKENED: "It guards, and it was edited.",
    Drift.MISSING: "It was removed.",
    Drift.FORKED: "It was edited, and the newest version of the template changes it too.",
    Drift.DRIFTED: "It was edited.",
}


def is_recorded(subject: Subject) -> bool:
    """Tell whether the portal knows of which template the service is, and so what its files should be."""
    return bool(subject.lock.template_ref)


def edited(subject: Subject) -> list[FileDrift]:
    """Return the platform's files that the team changed, moved or removed; the gravest first."""
    found = [file for file in subject.drift if file.drift in EDITED]
    return sorted(found, key=lambda file: (EDITED.index(Drift(file.drift)), file.path))


def failed_for(files: Iterable[FileDrift], noun: str) -> Finding:
    """Return the fail that these files come to: how many of which class, and each as evidence."""
    files = list(files)
    classes = [(drift, sum(file.drift == drift for file in files)) for drift in EDITED]
    parts = ", ".join(f"{number} {drift.value}" for drift, number in classes if number)
    return failed(f"{counted(len(files), noun)} departed from the template: {parts}.", *map(_evidence, files))


def _evidence(file: FileDrift) -> Evidence:
    if file.renamed_to:
        return Evidence(file.renamed_to, 0, f"It was {file.path}.")
    return Evidence(file.path, 0, _NOTES[Drift(file.drift)])
