"""Compares three renders of a service: as recorded, as committed now, as the newest version of the template has it.

Pure functions over git object ids: no content is read. Classes: see `conformance.examining.terms.Drift`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.examining.terms import DEPARTED, Drift


@dataclass(frozen=True, slots=True)
class Version:
    """A file in one of the renders: its blob and git's mode."""

    blob: str
    mode: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What the lock says of a path: whether the team owns it, and whether it guards."""

    is_team: bool
    is_guard: bool = False


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
    recorded: Mapping[str, Version],
    current: Mapping[str, Version],
    newest: Mapping[str, Version],
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
    for path in sorted(judged):
        state = _state(path, recorded, current, newest, rules.get(path, Rule(is_team=True)), renames.get(path, ""))
        if state is not None:
            counts[state.drift] += 1
            states += [state] if state.drift in DEPARTED else []
    known = judged | set(renames.values()) | set(left_out)
    counts[Drift.ADDED] = sum(path not in known for path in current)
    return Comparison(tuple(states), {drift.value: counts[drift] for drift in Drift})


def exact_renames(recorded: Mapping[str, Version], current: Mapping[str, Version]) -> dict[str, str]:
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


def _state(
    path: str,
    recorded: Mapping[str, Version],
    current: Mapping[str, Version],
    newest: Mapping[str, Version],
    rule: Rule,
    renamed_to: str,
) -> FileState | None:
    before, after = recorded.get(path), newest.get(path)
    now = current.get(renamed_to or path)
    if rule.is_team:
        return FileState(path, Drift.TEAM_OWNED) if now else None
    drift = _class(before, now, after, is_guard=rule.is_guard, is_moved=bool(renamed_to))
    if drift is None:
        return None
    blobs = [version.blob if version else "" for version in (before, now, after)]
    return FileState(path, drift, rule.is_guard, renamed_to, *blobs)


def _class(
    before: Version | None, now: Version | None, after: Version | None, *, is_guard: bool, is_moved: bool
) -> Drift | None:
    """Return the class of a platform-owned file; None when the file is nowhere that matters."""
    if now is None:
        if before is None:
            return Drift.BEHIND if after else None
        return Drift.MISSING if after else None
    if now == after and not is_moved:
        return Drift.IN_SYNC
    changed_by_team = now != before or is_moved
    changed_by_template = before != after
    if changed_by_team and changed_by_template:
        return Drift.FORKED
    if changed_by_team:
        return Drift.WEAKENED if is_guard else Drift.DRIFTED
    return Drift.BEHIND
