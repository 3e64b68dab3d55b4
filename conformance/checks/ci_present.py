"""CI builds, vets, tests and lints every change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.checks._ci import ci
from conformance.checks._commands import Command, Use
from conformance.checks._tools import options
from conformance.checks._words import listed
from conformance.checks._workflows import default_branch, workflows
from conformance.examining import shell
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

DEEDS = ("builds", "vets", "tests", "lints")
_LINTERS = ("golangci-lint", "staticcheck", "revive")
_LINT_ACTIONS = ("golangci/golangci-lint-action", "dominikh/staticcheck-action")
_RUNS_NOTHING = ("^$", "NONE", "^NONE$", "XXX")

_Found = dict[str, Evidence]


def judge(subject: Subject) -> Finding:
    """Judge the workflows: for pull requests and for pushes to the default branch, each deed must be somebody's."""
    if not workflows(subject):
        return failed("There is no workflow in .github/workflows.")
    events = ("pull requests", f"pushes to {default_branch(subject)}")
    by_event = _deeds(subject)
    gaps = [
        (event, [deed for deed in DEEDS if deed not in found]) for event, found in zip(events, by_event, strict=True)
    ]
    gaps = [(event, missing) for event, missing in gaps if missing]
    if not gaps:
        places = {place: None for found in by_event for place in found.values()}
        return passed("For pull requests and pushes, CI builds, vets, tests and lints the Go code.", *places)
    words = "; ".join(f"For {event}, nothing {listed(missing, len(DEEDS))} the Go code" for event, missing in gaps)
    unseen = ci(subject).unseen
    if unseen:
        return inconclusive(f"{words}, as far as can be seen: CI calls {unseen[0].action}.", unseen[0].evidence())
    return failed(
        f"{words}.",
        *_tolerated(subject),
        *(Evidence(each.path, each.document["on"].line) for each in workflows(subject)),
    )


def _deeds(subject: Subject) -> tuple[_Found, _Found]:
    """Return for pull requests and for pushes what CI does, and where it does it."""
    running = {each.path: each.runs_for_changes(subject) for each in workflows(subject)}
    found: tuple[_Found, _Found] = ({}, {})
    for each in _doing(subject):
        events = running[each.origin.workflow.path]
        if each.is_tolerated or not any(events):
            continue
        for deed in _deeds_of(subject, each):
            for known, runs in zip(found, events, strict=True):
                if runs:
                    known.setdefault(deed, each.evidence(f"{deed}, {each.origin.title}"))
    return found


def _doing(subject: Subject) -> Iterable[Command | Use]:
    return (*ci(subject).commands, *ci(subject).uses)


def _tolerated(subject: Subject) -> list[Evidence]:
    found = [each for each in _doing(subject) if each.is_tolerated and any(True for _ in _deeds_of(subject, each))]
    return [each.evidence("a failure is let pass") for each in found]


def _deeds_of(subject: Subject, doing: Command | Use) -> Iterator[str]:
    if isinstance(doing, Use):
        yield from ("vets", "lints") if doing.is_any(*_LINT_ACTIONS) else ()
        is_build = doing.is_any("goreleaser/goreleaser-action", "ko-build/setup-ko")
        yield from ("builds",) if is_build or (doing.is_any("docker/build-push-action") and _compiles(subject)) else ()
        return
    if doing.is_any(*_LINTERS) and (doing.arguments[:1] == ("run",) or doing.tool != _LINTERS[0]):
        # golangci-lint runs govet in its standard set; check linter-config sees to it that it stays there.
        yield from ("vets", "lints") if doing.is_any(_LINTERS[0]) else ("lints",)
    if _tests(doing):
        yield "tests"
    if doing.tool == "go" and doing.arguments[:1] == ("vet",):
        yield "vets"
    if _builds(subject, doing):
        yield "builds"


def _tests(command: Command) -> bool:
    """Tell whether a command runs tests: not only benchmarks, not only a list of names."""
    arguments = command.go_test()
    if arguments is None:
        return False
    runs = options(arguments, "-run", "--run")
    return not any(run in _RUNS_NOTHING for run in runs) and not {"-c", "-list", "-h"} & set(arguments)


def _builds(subject: Subject, command: Command) -> bool:
    if command.tool == "go":
        installs_tool = any("@" in argument for argument in command.arguments)
        return command.arguments[:1] in (("build",), ("install",)) and not installs_tool
    if command.is_any("docker", "podman", "buildah"):
        return bool({"build", "bud"} & set(command.arguments[:2])) and _compiles(subject)
    return command.is_any("goreleaser", "ko") and command.arguments[:1] in (("build",), ("release",))


def _compiles(subject: Subject) -> bool:
    """Tell whether a Dockerfile of the repository builds Go code."""
    patterns = ("**/Dockerfile", "**/Dockerfile.*", "**/*.Dockerfile")
    stages = [stage for _, fact in subject.facts_of("dockerfile", *patterns) for stage in fact["stages"]]
    texts = [each["text"] for stage in stages for each in stage["instructions"] if each["op"] == "RUN"]
    return any(command.words[:2] == ("go", "build") for text in texts for command in shell.read(text).commands)


CHECK = Check(
    id="ci-present",
    title="CI builds, vets, tests and lints every change",
    level=Level.BRONZE,
    area="Delivery",
    applies_to="Every service",
    rationale=(
        "A change that nobody has built and tested breaks for whoever comes next. Pull requests are judged before "
        "they are merged; the default branch is judged again after, because two changes that pass alone can fail "
        "together. Commands behind `make` targets and scripts count; a job with `if: false`, a step with "
        "`continue-on-error: true` and a command with `|| true` do not, and neither does a workflow whose filters "
        "let no change of Go code through."
    ),
    fix=(
        "Run all four in a workflow that starts on both events:\n\n"
        "```yaml\n"
        "on:\n"
        "  pull_request:\n"
        "  push:\n"
        "    branches: [main]\n"
        "jobs:\n"
        "  build:\n"
        "    runs-on: ubuntu-24.04\n"
        "    steps:\n"
        "      - uses: actions/checkout@<commit>\n"
        "      - uses: actions/setup-go@<commit>\n"
        "        with: {go-version-file: go.mod}\n"
        "      - run: go build ./...\n"
        "      - run: go vet ./...\n"
        "      - run: go test -race ./...\n"
        "      - uses: golangci/golangci-lint-action@<commit>\n"
        "```"
    ),
    judge=judge,
    source="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#on",
)
