"""Hadolint finds nothing wrong with the Dockerfiles."""

from __future__ import annotations

from conformance.checks import _dockerfiles as docker
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_COUNTED = ("error", "warning")


def judge(subject: Subject) -> Finding:
    """Judge by hadolint's errors and warnings; remarks on style and information do not count."""
    paths = docker.paths(subject)
    if not paths:
        return docker.none_here()
    problems, tool = [], ""
    for path in paths:
        subject.fact("dockerfile", path)  # hadolint has nothing to say of a file that is empty
        fact = subject.fact("hadolint", path)
        tool = fact["tool"]
        counted = [each for each in fact["findings"] if each["severity"] in _COUNTED]
        problems += [Problem(f"{each['rule']}: {cut(each['message'], 200)}", path, each["line"]) for each in counted]
    if problems:
        return failed_by(problems)
    return passed(f"{cut(tool)} finds no error and no warning in {listed(paths)}.", *map(Evidence, paths))


CHECK = Check(
    id="dockerfile-lint",
    title="Hadolint finds no error and no warning",
    level=Level.BRONZE,
    area="Container",
    applies_to=docker.APPLIES_TO,
    rationale=(
        "Hadolint knows what goes wrong in Dockerfiles: packages without a version, a cache that stays in the "
        "image, a pipe whose failure nobody sees, `cd` in place of `WORKDIR`. Shell in `RUN` is checked too."
    ),
    fix=(
        "Look up the rule in the evidence at https://github.com/hadolint/hadolint/wiki and correct the instruction.\n\n"
        "```sh\n"
        "hadolint deployments/docker/Dockerfile\n"
        "```\n\n"
        "```dockerfile\n"
        "# DL4006: without pipefail, a failing download passes unseen\n"
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
        "```"
    ),
    judge=judge,
    source="https://github.com/hadolint/hadolint/wiki",
)
