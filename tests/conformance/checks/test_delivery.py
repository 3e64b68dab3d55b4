"""What the forge enforces, what a bot updates, and secrets that were committed."""

from __future__ import annotations

from typing import Any

from conformance.examining.parser import MOST_BYTES
from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips

BOT, CI = ".github/dependabot.yml", ".github/workflows/ci.yml"
IMAGE = "deployments/docker/Dockerfile"
MODULE = {"go.mod": "module example.com/a\n\ngo 1.26\n"}
WORKFLOW = "on: [push]\njobs:\n  test:\n    name: Test\n    runs-on: ubuntu-24.04\n    steps: [{run: make test}]\n"
SERVICE = {**MODULE, IMAGE: "FROM scratch\n", CI: WORKFLOW}
WEEKLY = "schedule: {interval: weekly}"
UPDATES = f"""\
version: 2
updates:
  - {{package-ecosystem: gomod, directory: /, {WEEKLY}}}
  - {{package-ecosystem: github-actions, directory: /, {WEEKLY}}}
  - {{package-ecosystem: docker, directory: /deployments/docker, {WEEKLY}}}
"""
MATRIX = WORKFLOW.replace("name: Test\n", "name: Test\n    strategy: {matrix: {go: [a, b]}}\n")
CALLING = "on: [push]\njobs:\n  build:\n    uses: ./.github/workflows/build.yml\n"
TOKEN = "gh" + "p_" + "16C7e42F292c6912E7710c838347Ae178B4a"
HOLDING = f'package a\n\nconst token = "{TOKEN}"\n'


def bot(old: str = "", new: str = "", **more: str) -> dict[str, str | bytes]:
    """Return the service with Dependabot's settings, in which one text is replaced."""
    assert old in UPDATES
    return {**SERVICE, BOT: UPDATES.replace(old, new, 1), **more}


def requiring(*names: str) -> dict[str, Any]:
    return {"forge": {"isProtected": True, "defaultBranch": "main", "requiredChecks": list(names)}}


CASES: Cases = {
    "dependency-updates": {
        "Dependabot": passes(bot(), "covers gomod, docker and github-actions", (BOT, 0)),
        "the other suffix": passes({**SERVICE, ".github/dependabot.yaml": UPDATES}),
        "several folders": passes(
            bot("directory: /,", 'directories: ["/", /tools],', **{"tools/go.mod": MODULE["go.mod"]})
        ),
        "a pattern": passes(bot("directory: /deployments/docker", 'directories: ["/deployments/*"]')),
        "everywhere": passes(bot("directory: /deployments/docker", 'directories: ["**/*"]')),
        "only what is there": passes({**MODULE, BOT: UPDATES[: UPDATES.index("  - {package-ecosystem: github")]}),
        "Renovate": passes(
            {**SERVICE, "renovate.json": '{"extends": ["config:recommended"]}'}, at=("renovate.json", 0)
        ),
        "Renovate with all managers": passes(
            {**SERVICE, ".github/renovate.json": '{"enabledManagers": ["gomod", "dockerfile", "github-actions"]}'}
        ),
        "Renovate for what Dependabot lacks": passes(
            {**bot("gomod", "npm"), "renovate.json": "{}"}, "renovate.json covers"
        ),
        "Dependabot before a bad Renovate": passes(bot(**{"renovate.json": '{"enabled": false}'}), BOT),
        "absent": fails(SERVICE, "There is neither .github/dependabot.yml nor renovate.json"),
        "not valid": fails(bot("weekly", "sometimes"), "is not valid", (BOT, 3)),
        "no modules": fails(bot("gomod", "npm"), "does not cover gomod", (BOT, 3)),
        "no images": fails(bot("docker,", "npm,"), "does not cover docker", (BOT, 3)),
        "no actions": fails(bot("github-actions", "npm"), "does not cover github-actions", (BOT, 3)),
        "another folder": fails(bot("/deployments/docker", "/"), "docker, but not in /deployments/docker", (BOT, 5)),
        "one module of two": fails(bot(**{"tools/go.mod": MODULE["go.mod"]}), "gomod, but not in /tools", (BOT, 3)),
        "switched off": fails(
            bot("directory: /,", "directory: /, open-pull-requests-limit: 0,"),
            "allows no pull request for gomod",
            (BOT, 3),
        ),
        "Renovate that is no JSON": errs({**SERVICE, "renovate.json": "{,}"}, "not valid"),
        "Renovate that is not valid": fails({**SERVICE, "renovate.json": '{"enabled": "no"}'}, "is not valid"),
        "Renovate switched off": fails(
            {**SERVICE, "renovate.json": '{\n"enabled": false}'}, "switches Renovate off", ("renovate.json", 2)
        ),
        "Renovate switched off by a preset": fails(
            {**SERVICE, "renovate.json": '{"extends": [":disableRenovate"]}'},
            "switches Renovate off",
            ("renovate.json", 1),
        ),
        "Renovate without a manager": fails(
            {**SERVICE, "renovate.json": '{"enabledManagers": ["gomod"]}'},
            "not enable dockerfile",
            ("renovate.json", 1),
        ),
        "Renovate with a manager switched off": fails(
            {**SERVICE, "renovate.json": '{"gomod": {"enabled": false}}'}, "switches gomod off", ("renovate.json", 1)
        ),
        "nothing to update": skips({"README.md": "x"}, "nothing to update"),
        "a format that is not read": errs({**SERVICE, "renovate.json5": "{}"}, "renovate.json5 is not read here"),
        "not YAML": errs({**SERVICE, BOT: "a: ["}, "not valid YAML"),
        "bad UTF-8": errs({**SERVICE, BOT: b"\xff"}, "not UTF-8"),
        "a link": errs(bot(), "symbolic link", links=frozenset({BOT})),
    },
    "branch-protected": {
        "protected": passes({}, "protects main", **requiring()),
        "not protected": fails({}, "push to trunk", forge={"isProtected": False, "defaultBranch": "trunk"}),
        "no word from the forge": errs({}, "does not say whether"),
        "a forge that does not say": errs({}, "does not say whether", forge={"defaultBranch": "main"}),
    },
    "required-checks-exist": {
        "by id": passes({CI: WORKFLOW}, "1 required check", (CI, 4), **requiring("test")),
        "by name": passes({CI: WORKFLOW}, **requiring("Test")),
        "of a matrix": passes({CI: MATRIX}, **requiring("Test (a)", "Test (b)")),
        "of a name with an expression": passes(
            {CI: MATRIX.replace("Test", "Go ${{ matrix.go }} OK")}, **requiring("Go a OK")
        ),
        "of a called workflow": passes({CI: CALLING}, **requiring("build / image")),
        "no job": fails(
            {CI: WORKFLOW}, "1 required check is no job of any workflow: lint", (CI, 3), **requiring("lint", "test")
        ),
        "no workflow": fails(
            {}, "2 required checks are no job of any workflow: lint and test", **requiring("lint", "test")
        ),
        "without a matrix": fails({CI: WORKFLOW}, "Test (a)", **requiring("Test (a)")),
        "nothing was called": fails({CI: WORKFLOW}, "test / image", **requiring("test / image")),
        "only like an expression": fails(
            {CI: MATRIX.replace("Test", "Go ${{ matrix.go }}")}, "no job", **requiring("Python a")
        ),
        "none required": skips({CI: WORKFLOW}, "requires no status check", **requiring()),
        "a forge that has none": skips({}, "requires no status check", forge={"isProtected": True}),
        "no word from the forge": errs({CI: WORKFLOW}, "does not say which checks"),
        "not YAML": errs({CI: "a: ["}, "not valid YAML", **requiring("test")),
    },
    "no-secrets": {
        "nothing": passes({"a.go": "package a\n", "b.json": "{}"}, "in 2 files"),
        "an empty tree": passes({}, "in 0 files"),
        "an example": passes({"a.md": "AKIAIOSFODNN7EXAMPLE"}),
        "text that is no UTF-8": passes({"a.txt": b"\xff\xfe"}),
        "a token": fails({"a.go": HOLDING}, "stands in 1 file: github-token", ("a.go", 3)),
        "in a test": fails({"a_test.go": HOLDING, "testdata/b": f"x\n{TOKEN}"}, "2 files", ("testdata/b", 2)),
        "beside what was not read": fails({"a.go": HOLDING, "b.json": "x" * (MOST_BYTES + 1)}, "1 file", ("a.go", 3)),
        "vendored code is not read": passes({"a.go": "package a\n", "vendor/b.go": HOLDING}, "in 1 file"),
        "a file that is too large": errs({"a.go": "", "b.json": "x" * (MOST_BYTES + 1)}, "larger than 1 MB"),
        "several that are too large": errs(
            {f"{name}.json": "x" * (MOST_BYTES + 1) for name in "ab"}, "Not read either: 1 more file"
        ),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)


def test_no_verdict_repeats_a_secret() -> None:
    finding = CASES["no-secrets"]["a token"].run("no-secrets")
    assert TOKEN not in repr(finding)
    assert [evidence.note for evidence in finding.evidence] == ["github-token"]
