"""golangci-lint looks for what matters."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._gocode import has_go
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, not_applicable, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

STANDARD = frozenset({"errcheck", "govet", "ineffassign", "staticcheck", "unused"})
"""What golangci-lint enables by default, in version 1 and 2."""
REQUIRED = (
    ("errcheck",), ("govet",), ("ineffassign",), ("staticcheck",), ("unused",), ("bodyclose",),
    ("errorlint",), ("gosec",), ("revive", "stylecheck", "golint"),
)  # fmt: skip
"""The linters that a service must have: of each group one. Decided in November 2026 with the template library."""
_FILES = (".golangci.yml", ".golangci.yaml")
_UNREAD = (".golangci.toml", ".golangci.json")
_EVERYTHING = frozenset(
    {".", ".*", ".+", "^.*$", "^.+$", "/", "^", "$", r"\.go", r"\.go$", r".*\.go", r".*\.go$", "**"}
)
"""Patterns of paths that take every Go file."""


def judge(subject: Subject) -> Finding:
    """Judge the configuration: every required linter is enabled, none is disabled or excluded for all files."""
    if not has_go(subject):
        return not_applicable("There is no Go code.")
    path = next((name for name in _FILES if subject.has(name)), "")
    if not path:
        other = next((name for name in _UNREAD if subject.has(name)), "")
        if other:
            return inconclusive(f"{other} is not YAML, and not read here.", Evidence(other))
        return failed("There is no .golangci.yml: golangci-lint then runs its standard linters only.")
    config = next(iter(subject.yaml(path)), Node(None))
    problems = list(_problems(path, config))
    if problems:
        return failed_by(problems)
    return passed("golangci-lint has all linters that a service must have.", Evidence(path, config["linters"].line))


def _problems(path: str, config: Node) -> Iterator[Problem]:
    linters = config["linters"]
    enabled = _enabled(config)
    missing = [" or ".join(group) for group in REQUIRED if enabled is not None and enabled.isdisjoint(group)]
    disabled = [each for each in linters["disable"] if _is_required(each.text)]
    if missing:
        yield Problem(f"{path} does not enable {listed(missing, len(missing))}", path, linters.line)
    for each in disabled:
        yield Problem(f"{path} disables {cut(each.text)}", path, each.line)
    if config.at("run.issues-exit-code").value == 0:
        yield Problem(
            f"{path} lets golangci-lint end well when it finds something", path, config.at("run.issues-exit-code").line
        )
    yield from _excluded(path, config)


def _enabled(config: Node) -> set[str] | None:
    """Return the linters that are enabled; None for all."""
    linters = config["linters"]
    named = set(linters["enable"].texts())
    is_second = config["version"].text == "2"
    default = linters["default"].text or "standard"
    if not is_second:
        default = (
            "all"
            if linters["enable-all"].value is True
            else "none"
            if linters["disable-all"].value is True
            else "standard"
        )
    if default == "all":
        return None
    return named | STANDARD if default == "standard" else named


def _is_required(name: str) -> bool:
    return any(name in group for group in REQUIRED)


def _excluded(path: str, config: Node) -> Iterator[Problem]:
    """Yield what keeps a required linter from every file: rules without a narrow condition, paths that take all."""
    for rules in (config.at("linters.exclusions.rules"), config.at("issues.exclude-rules")):
        for rule in rules:
            names = [name for name in rule["linters"].texts() if _is_required(name)]
            is_narrow = rule["text"] or rule["source"] or rule["path-except"]
            if names and not is_narrow and (not rule["path"] or rule["path"].text in _EVERYTHING):
                yield Problem(f"{path} excludes every file from {listed(names)}", path, rule.line)
    for key in (
        "linters.exclusions.paths",
        "issues.exclude-dirs",
        "issues.exclude-files",
        "run.skip-dirs",
        "run.skip-files",
    ):
        for pattern in config.at(key):
            if pattern.text in _EVERYTHING:
                yield Problem(f"{path} excludes every file from all linters", path, pattern.line)


CHECK = Check(
    id="linter-config",
    title="The linter looks for what matters",
    level=Level.SILVER,
    area="Go",
    applies_to="Services with Go code",
    rationale=(
        "The standard linters find unused code, dropped errors and misuse of the language. The ones beyond find "
        "what hurts a service: response bodies that are not closed (bodyclose) leak connections, errors compared "
        "with `==` (errorlint) miss wrapped ones, gosec knows the common holes, revive keeps names and comments as "
        "Go has them."
    ),
    fix=(
        "In `.golangci.yml`:\n\n"
        "```yaml\n"
        'version: "2"\n'
        "linters:\n"
        "  default: standard\n"
        "  enable: [bodyclose, errorlint, gosec, revive]\n"
        "```\n\n"
        "Where a finding is wrong, say so at the line, with a reason: `//nolint:gosec // the file is our own`."
    ),
    judge=judge,
    source="https://golangci-lint.run/docs/linters/",
)
