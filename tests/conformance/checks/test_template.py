"""How a service stands to its template: the lock, the guards, all files, the version."""

from __future__ import annotations

from typing import Any

from conformance.examining.subject import FileDrift, LockState
from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips

LOCK = ".goldpath/lock.json"
REF = "template:default/go-blank-service"
DOCUMENT = {"template": {"ref": REF, "version": "1.2.0"}}
GUARD, PLAIN = ".github/workflows/ci.yml", "Makefile"


def lock(**changes: Any) -> LockState:
    """Return a lock that is as recorded, with some of it changed."""
    known: dict[str, Any] = {"document": DOCUMENT, "template_ref": REF, "version": "1.2.0", "newest_version": "1.2.0"}
    return LockState(**{**known, **changes})


def drift(*states: FileDrift, **changes: Any) -> dict[str, Any]:
    return {"lock": lock(**changes), "drift": states}


def claiming(**template: Any) -> dict[str, Any]:
    return {"lock": lock(document={"template": {**DOCUMENT["template"], **template}})}


EDITED = {drifted: FileDrift(PLAIN, drifted) for drifted in ("drifted", "forked", "missing", "weakened")}
WEAKENED, BEHIND = FileDrift(GUARD, "weakened", is_guard=True), FileDrift(GUARD, "behind", is_guard=True)

CASES: Cases = {
    "template-pointer": {
        "as recorded": passes({}, "go-blank-service 1.2.0, as recorded.", (LOCK, 0), lock=lock()),
        "believed, but files departed": passes({}, "1 file departed from that version since", **drift(WEAKENED)),
        "missing": fails({}, "is missing.", (LOCK, 0), lock=lock(document={}, problem=f"{LOCK} is missing.")),
        "edited": fails({}, "was edited", (LOCK, 0), lock=lock(problem="The lock was edited: its files are not ...")),
        "from the future": fails({}, "does not exist (yet)", lock=lock(problem="Version 9 does not exist (yet).")),
        "of another service": fails({}, "another service", lock=lock(problem="The lock is of another service.")),
        "another version": fails({}, "claims the version 1.3.0, but 1.2.0 is", (LOCK, 0), **claiming(version="1.3.0")),
        "another template": fails({}, "the template template:default/x", **claiming(ref="template:default/x")),
        "no version": fails({}, "claims the version nothing", **claiming(version=None)),
        "a template that is none": fails({}, "claims the template nothing", lock=lock(document={"template": []})),
        "no lock, no word": fails({}, f"There is no {LOCK}", (LOCK, 0)),
        "without a record": errs({}, "no record to compare it with", lock=LockState(document=DOCUMENT)),
    },
    "guards-intact": {
        "nothing departed": passes({}, "as the template has it", **drift()),
        "behind is not weakened": passes({}, **drift(BEHIND)),
        "only a file that guards nothing": passes({}, **drift(EDITED["drifted"], EDITED["missing"])),
        "weakened": fails({}, "1 guarding file departed from the template: 1 weakened", (GUARD, 0), **drift(WEAKENED)),
        "missing": fails({}, "1 missing", (GUARD, 0), **drift(FileDrift(GUARD, "missing", is_guard=True))),
        "forked": fails({}, "1 forked", (GUARD, 0), **drift(FileDrift(GUARD, "forked", is_guard=True))),
        "moved": fails({}, "1 weakened", ("old/ci.yml", 0), **drift(FileDrift(GUARD, "weakened", True, "old/ci.yml"))),
        "several": fails(
            {},
            "2 guarding files departed from the template: 1 weakened, 1 missing.",
            ("Dockerfile", 0),
            **drift(FileDrift("Dockerfile", "missing", is_guard=True), WEAKENED),
        ),
        "a lock that is not believed changes nothing": fails({}, "1 weakened", **drift(WEAKENED, problem="Edited.")),
        "no template": skips({}, "no record of a template"),
    },
    "platform-files-in-sync": {
        "nothing departed": passes({}, "Every file of the platform", **drift()),
        "behind is not edited": passes({}, **drift(BEHIND)),
        "drifted": fails({}, "1 file departed from the template: 1 drifted", (PLAIN, 0), **drift(EDITED["drifted"])),
        "missing": fails({}, "1 missing", (PLAIN, 0), **drift(EDITED["missing"])),
        "forked": fails({}, "1 forked", (PLAIN, 0), **drift(EDITED["forked"])),
        "weakened": fails({}, "1 weakened", (GUARD, 0), **drift(WEAKENED)),
        "moved": fails({}, "1 drifted", ("x/Makefile", 0), **drift(FileDrift(PLAIN, "drifted", False, "x/Makefile"))),
        "no template": skips({}, "no record of a template"),
    },
    "freshness": {
        "the newest": passes({}, "on 1.2.0, the newest version", (LOCK, 0), lock=lock()),
        "one behind": passes({}, "one release behind 1.3.0", lock=lock(newest_version="1.3.0", versions_behind=1)),
        "two behind": fails(
            {}, "on 1.2.0, 2 releases behind 1.4.0", (LOCK, 0), lock=lock(newest_version="1.4.0", versions_behind=2)
        ),
        "what the lock claims does not count": fails(
            {}, "on 1.2.0, 5 releases behind", lock=lock(document={}, newest_version="2.0.0", versions_behind=5)
        ),
        "no template": skips({}, "no record of a template"),
        "a template that is gone": errs({}, "no version of template:default/", lock=lock(newest_version="")),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)


def test_the_gravest_departures_come_first() -> None:
    states = (FileDrift("a", "drifted"), FileDrift("b", "forked"), FileDrift("c", "missing"), WEAKENED)
    evidence = passes({}, **drift(*states)).run("platform-files-in-sync").evidence
    assert [each.path for each in evidence] == [GUARD, "c", "b", "a"]
