"""Drift: three renders compared, class by class."""

from __future__ import annotations

from conformance.drift import Comparison, FileState, Rule, compare, exact_renames
from conformance.examining.terms import Drift
from scaffolder.git import TreeFile

PLATFORM, TEAM, GUARD = Rule(is_team=False), Rule(is_team=True), Rule(is_team=False, is_guard=True)


def versions(**blobs: str) -> dict[str, TreeFile]:
    return {path: TreeFile(blob, "100644") for path, blob in blobs.items()}


def one(
    recorded: str | None, current: str | None, newest: str | None, rule: Rule = PLATFORM, renamed_to: str = ""
) -> FileState | None:
    found = compared(recorded, current, newest, rule, renamed_to)
    return found.states[0] if found.states else None


def compared(
    recorded: str | None, current: str | None, newest: str | None, rule: Rule = PLATFORM, renamed_to: str = ""
) -> Comparison:
    return compare(
        recorded=versions(f=recorded) if recorded else {},
        current=versions(**{renamed_to or "f": current}) if current else {},
        newest=versions(f=newest) if newest else {},
        rules={"f": rule},
        renames={"f": renamed_to} if renamed_to else {},
    )


def drift_of(state: FileState | None) -> Drift | None:
    return state.drift if state else None


def test_a_file_as_recorded_is_in_sync() -> None:
    found = compared("a", "a", "a")
    assert found.states == ()
    assert found.counts["in-sync"] == 1


def test_an_edited_platform_file_is_drifted_and_an_edited_guard_weakened() -> None:
    assert drift_of(one("a", "b", "a")) is Drift.DRIFTED
    assert drift_of(one("a", "b", "a", GUARD)) is Drift.WEAKENED


def test_a_changed_mode_is_drift() -> None:
    found = compare(
        recorded={"f": TreeFile("a", "100755")},
        current={"f": TreeFile("a", "100644")},
        newest={"f": TreeFile("a", "100755")},
        rules={"f": PLATFORM},
        renames={},
    )
    assert [state.drift for state in found.states] == [Drift.DRIFTED]


def test_a_removed_platform_file_is_missing_unless_the_newest_version_has_none_either() -> None:
    assert drift_of(one("a", None, "a")) is Drift.MISSING
    assert drift_of(one("a", None, "b")) is Drift.MISSING
    found = compared("a", None, None)
    assert found.states == ()
    assert found.counts["missing"] == 0


def test_an_untouched_file_that_the_template_changed_is_behind() -> None:
    assert drift_of(one("a", "a", "b")) is Drift.BEHIND
    assert drift_of(one("a", "a", None)) is Drift.BEHIND
    assert drift_of(one(None, None, "b")) is Drift.BEHIND


def test_a_file_that_both_changed_is_forked_unless_they_agree() -> None:
    assert drift_of(one("a", "b", "c")) is Drift.FORKED
    assert drift_of(one("a", "b", "c", GUARD)) is Drift.FORKED
    assert drift_of(one(None, "b", "c")) is Drift.FORKED
    assert compared("a", "c", "c").counts["in-sync"] == 1


def test_a_moved_file_is_followed() -> None:
    state = one("a", "a", "a", renamed_to="g")
    assert state == FileState("f", Drift.DRIFTED, False, "g", "a", "a", "a")
    assert compared("a", "a", "a", renamed_to="g").counts["added"] == 0
    assert drift_of(one("a", "b", "c", renamed_to="g")) is Drift.FORKED
    assert drift_of(one("a", "a", "b", renamed_to="g")) is Drift.FORKED


def test_team_files_are_never_judged() -> None:
    for current in ("a", "b"):
        found = compared("a", current, "c", TEAM)
        assert found.states == ()
        assert found.counts["team-owned"] == 1
    assert compared("a", None, "a", TEAM).counts["team-owned"] == 0


def test_files_of_the_team_alone_are_added_and_what_is_left_out_counts_nowhere() -> None:
    found = compare(
        recorded=versions(f="a", lock="l"),
        current=versions(f="a", lock="m", own="x", more="y"),
        newest=versions(f="a", lock="l"),
        rules={"f": PLATFORM},
        renames={},
        left_out=("lock",),
    )
    assert found.states == ()
    assert found.counts == {**dict.fromkeys([drift.value for drift in Drift], 0), "in-sync": 1, "added": 2}


def test_a_file_of_the_newest_version_counts_even_when_the_recorded_lock_does_not_know_it() -> None:
    found = compare(
        recorded=versions(f="a"),
        current=versions(f="a"),
        newest=versions(f="a", g="b"),
        rules={"f": PLATFORM, "g": PLATFORM},
        renames={},
    )
    assert [(state.path, state.drift) for state in found.states] == [("g", Drift.BEHIND)]


def test_exact_renames_pair_what_is_gone_with_the_one_new_place_of_the_same_content() -> None:
    recorded = versions(a="1", b="2", c="3", kept="4")
    current = versions(x="1", y="2", z="2", kept="4")
    assert exact_renames(recorded, current) == {"a": "x"}
    assert exact_renames(recorded, recorded) == {}
