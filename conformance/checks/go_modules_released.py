"""The service is built from released versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks._gomodules import Module, modules
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_PSEUDO = re.compile(r"v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)[0-9]{14}-[0-9a-f]{12}(?:\+[0-9A-Za-z.-]+)?")
"""A pseudo-version names a commit: https://go.dev/ref/mod#pseudo-versions."""
_PUBLISHED_BY_COMMIT = ("google.golang.org/genproto/",)
"""Modules without any release to take: generated, and required by commit even by their publisher's own (grpc-go)."""


def judge(subject: Subject) -> Finding:
    """Judge every go.mod: no replacement by a folder or a commit, no direct requirement of a commit."""
    found = modules(subject)
    if not found:
        return not_applicable("There is no go.mod.")
    problems = [problem for each in found for problem in (*_replacements(each), *_commits(each))]
    if problems:
        return failed_by(problems)
    direct = sum(not require["indirect"] for each in found for require in each.fact["require"])
    return passed(
        f"{counted(direct, 'direct requirement')}, all of released versions.", *(Evidence(each.path) for each in found)
    )


def _replacements(module: Module) -> Iterator[Problem]:
    for each in module.fact["replace"]:
        if each["local"]:
            words = f"{module.path} replaces {cut(each['old'])} by the folder {cut(each['new'])}"
        elif not each["newVersion"] or _is_commit(each["newVersion"]):
            words = f"{module.path} replaces {cut(each['old'])} by an unreleased commit of {cut(each['new'])}"
        else:
            continue
        yield Problem(words, module.path, each["line"])


def _commits(module: Module) -> Iterator[Problem]:
    for each in module.fact["require"]:
        if each["indirect"] or each["path"].startswith(_PUBLISHED_BY_COMMIT):
            continue
        if _is_commit(each["version"]):
            words = f"{module.path} requires an unreleased commit of {cut(each['path'])}: {cut(each['version'])}"
            yield Problem(words, module.path, each["line"])


def _is_commit(version: str) -> bool:
    return len(version) < 200 and _PSEUDO.fullmatch(version) is not None


CHECK = Check(
    id="go-modules-released",
    title="Dependencies are released versions",
    level=Level.SILVER,
    area="Go",
    applies_to="Services with a go.mod",
    rationale=(
        "A replacement by a folder builds on one machine and nowhere else. A pseudo-version is a commit that its "
        "authors have not called good: it has no notes, no support, and advisories do not name it. What "
        "dependencies require of each other is theirs to answer for, so only direct requirements count; "
        "golang.org/x is no exception, but google.golang.org/genproto is: it has no releases."
    ),
    fix=(
        "Take the release that has the commit, and drop the replacement:\n\n"
        "```sh\n"
        "go mod edit -dropreplace example.com/fork\n"
        "go get example.com/library@latest\n"
        "go mod tidy\n"
        "```\n\n"
        "For work on two modules at once use a `go.work` that is not committed."
    ),
    judge=judge,
    source="https://go.dev/ref/mod#pseudo-versions",
)
