"""Compares three renders of a service: as recorded, as committed now, as the newest version of the template has it.

Pure functions over git object ids: no content is read. Classes: see `conformance.examining.terms.Drift`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from conformance.examining.terms import DEPARTED, Drift
from scaffolder.git import TreeFile


class Rule(NamedTuple):
    """What the lock says of a path: whether the team owns it, and whether it guards."""

    is_team: bool
    is_guard: bool = False


_NOT_THE_TEMPLATES = Rule(is_team=True)


@dataclass(frozen=True, slots=True)
class FileState:
    """One file that is not simply in sync: its class, where the team moved it, and the three blobs."""

    path: str
    drift: Drift
    is_guard: bool = False
    renamed_to: str = ""
    recorded: str = ""
    current: str = ""
    newest: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome: files that departed, in order of their paths, and how many files there are of each class."""

    states: tuple[FileState, ...]
    counts: Mapping[str, int]


def compare(
    *,
    recorded: Mapping[str, TreeFile],
    current: Mapping[str, TreeFile],
    newest: Mapping[str, TreeFile],
    rules: Mapping[str, Rule],
    renames: Mapping[str, str],
    left_out: Iterable[str] = (),
) -> Comparison:
    """Return how `current` stands to the other two.

    `rules` by path, from the recorded lock and the newest render; a path without one is not the template's. `renames`
    maps recorded paths to where they are now. `left_out` are paths that are judged elsewhere, such as the lock.
    """
    counts: Counter[Drift] = Counter()
    states = []
    judged = (rules.keys() | recorded.keys() | newest.keys()) - set(left_out)
    for path in judged:
        moved = renames.get(path, "")
        versions = recorded.get(path), current.get(moved or path), newest.get(path)
        rule = rules.get(path, _NOT_THE_TEMPLATES)
        drift = _class(*versions, rule, is_moved=bool(moved))
        if drift is None:
            continue
        counts[drift] += 1
        if drift in DEPARTED:
            blobs = [version.blob if version else "" for version in versions]
            states.append(FileState(path, drift, rule.is_guard, moved, *blobs))
    known = judged | set(renames.values()) | set(left_out)
    counts[Drift.ADDED] = len(current.keys() - known)
    states.sort(key=lambda state: state.path)
    return Comparison(tuple(states), {drift.value: counts[drift] for drift in Drift})


def exact_renames(recorded: Mapping[str, TreeFile], current: Mapping[str, TreeFile]) -> dict[str, str]:
    """Return recorded paths that are gone and whose very content stands at exactly one new path."""
    gone = {path: version.blob for path, version in recorded.items() if path not in current}
    if not gone:
        return {}
    wanted = set(gone.values())
    new: dict[str, list[str]] = {}
    for path, version in current.items():
        if path not in recorded and version.blob in wanted:
            new.setdefault(version.blob, []).append(path)
    return {path: new[blob][0] for path, blob in gone.items() if len(new.get(blob, ())) == 1}


def _class(
    before: TreeFile | None, now: TreeFile | None, after: TreeFile | None, rule: Rule, *, is_moved: bool
) -> Drift | None:
    """Return the class of a file; None when it is nowhere that matters."""
    if rule.is_team:
        return Drift.TEAM_OWNED if now else None
    if now is None:
        return _class_of_absent(before, after)
    if now == after and not is_moved:
        return Drift.IN_SYNC
    changed_by_team = now != before or is_moved
    changed_by_template = before != after
    if changed_by_team and changed_by_template:
        return Drift.FORKED
    if changed_by_team:
        return Drift.WEAKENED if rule.is_guard else Drift.DRIFTED
    return Drift.BEHIND


def _class_of_absent(before: TreeFile | None, after: TreeFile | None) -> Drift | None:
    if after is None:
        return None
    return Drift.MISSING if before else Drift.BEHIND
