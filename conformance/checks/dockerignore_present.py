"""The repository's history stays out of the build."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fnmatch import fnmatchcase

from conformance.checks import _dockerfiles as docker
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import listed
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_GIT = ".git"


def judge(subject: Subject) -> Finding:
    """Judge the ignore file that the build of each Dockerfile reads: it must leave `.git` out."""
    paths = docker.paths(subject)
    if not paths:
        return docker.none_here()
    found = {path: _ignorefile(subject, path) for path in paths}
    problems = [Problem(f"There is no .dockerignore for {path}", path) for path, file in found.items() if not file]
    files = sorted({file for file in found.values() if file})
    problems += [Problem(f"{file} lets .git into the build", file) for file in files if not _leaves_out(subject, file)]
    if problems:
        return failed_by(problems)
    return passed(f"{listed(files)} leaves .git out of the build.", *map(Evidence, files))


def _ignorefile(subject: Subject, dockerfile: str) -> str:
    """Return the ignore file of a Dockerfile: one of its own wins, then the one of its folder, then the top one."""
    beside = posixpath.join(posixpath.dirname(dockerfile), ".dockerignore")
    candidates = (f"{dockerfile}.dockerignore", beside, ".dockerignore")
    return next((path for path in candidates if path in subject.files), "")


def _leaves_out(subject: Subject, path: str) -> bool:
    return is_left_out(pattern["text"] for pattern in subject.fact("ignorefile", path)["patterns"])


def is_left_out(patterns: Iterable[str]) -> bool:
    """Tell whether the patterns leave `.git` out with all that is in it: the last one that fits decides."""
    is_out = False
    for pattern in patterns:
        is_back = pattern.startswith("!")
        body = posixpath.normpath(pattern.removeprefix("!").strip().lstrip("/") or ".")
        while body.startswith("**/"):
            body = body[3:]
        first, _, rest = body.partition("/")
        if fnmatchcase(_GIT, first) and (is_back or rest in ("", "*", "**")):
            is_out = not is_back
    return is_out


CHECK = Check(
    id="dockerignore-present",
    title="A .dockerignore keeps .git out of the build",
    level=Level.BRONZE,
    area="Container",
    applies_to=docker.APPLIES_TO,
    rationale=(
        "`COPY . .` takes what the ignore file does not leave out. With `.git`, the whole history goes to the "
        "builder, every secret that was ever committed with it, and no layer is ever cached, because the history "
        "always changes."
    ),
    fix=(
        "Leave everything out, and take in what the build needs.\n\n"
        "```\n"
        "# .dockerignore\n"
        "*\n"
        "!cmd\n"
        "!internal\n"
        "!pkg\n"
        "!go.mod\n"
        "!go.sum\n"
        "```"
    ),
    judge=judge,
    source="https://docs.docker.com/build/concepts/context/#dockerignore-files",
)
