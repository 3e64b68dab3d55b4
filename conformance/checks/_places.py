"""Where files of a kind are looked for."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.examining.subject import Subject

COMMUNITY = (".github/", "", "docs/")
"""The folders in which GitHub looks for CODEOWNERS, SECURITY.md and CONTRIBUTING.md, in its order."""
_VENDORED = frozenset({"vendor", "node_modules", "third_party"})
_NOT_DEPLOYED = frozenset({"library", "documentation", "template", "module"})


def first(subject: Subject, folders: Sequence[str], *names: str) -> str:
    """Return the first path that is in the tree, a link too, whatever its letters' case; empty when none is.

    The folder counts before the name. A link is returned so that reading it says that links are not followed.
    """
    for folder in folders:
        for name in names:
            if folder + name in subject.files:
                return folder + name
    wanted = {(folder + name).casefold(): order for order, (folder, name) in enumerate(_pairs(folders, names))}
    longest = max(map(len, wanted))
    found = [path for path in subject.files if len(path) <= longest and path.casefold() in wanted]
    return min(found, key=lambda path: (wanted[path.casefold()], path), default="")


def is_deployed(subject: Subject) -> bool:
    """Tell whether the component is something that runs; what the catalog does not know counts as a service."""
    return str(subject.entity.get("type", "")).casefold() not in _NOT_DEPLOYED


def is_vendored(path: str) -> bool:
    """Tell whether a file is somebody else's code, which scans do not read."""
    return not _VENDORED.isdisjoint(path.split("/")[:-1])


def is_foreign(path: str) -> bool:
    """Tell whether a file is somebody else's code, or material of a test."""
    return is_vendored(path) or "testdata" in path.split("/")[:-1]


def _pairs(folders: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    return [(folder, name) for folder in folders for name in names]
