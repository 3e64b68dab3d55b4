"""The workflows are valid, says actionlint and the schema."""

from __future__ import annotations

from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted
from conformance.checks._workflows import FOLDER
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

JUDGES = ("actionlint", "schemas")


def judge(subject: Subject) -> Finding:
    """Judge the workflows by what actionlint and the published JSON schema find in them: nothing is right."""
    paths = sorted(subject.paths(*FOLDER))
    if not paths:
        return not_applicable("There is no workflow in .github/workflows.")
    found = [(path, each) for path in paths for name in JUDGES for each in subject.fact(name, path)["findings"]]
    if found:
        return failed_by([Problem(str(each["message"]).rstrip("."), path, each["line"]) for path, each in found])
    return passed(
        f"actionlint and the schema find nothing in {counted(len(paths), 'workflow')}.", *map(Evidence, paths)
    )


CHECK = Check(
    id="workflows-valid",
    title="The workflows are valid",
    level=Level.BRONZE,
    area="Delivery",
    applies_to="Services with workflows in .github/workflows",
    rationale=(
        "GitHub does not run a workflow that it cannot read, and says so only on the Actions page: no check appears "
        "on the pull request, and nothing is red. Typing errors in expressions, contexts and job names show when "
        "the step runs, which may be the release."
    ),
    fix=(
        "Run the same judges before you push:\n\n"
        "```sh\n"
        "actionlint\n"
        "check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml\n"
        "```"
    ),
    judge=judge,
    source="https://github.com/rhysd/actionlint/blob/main/docs/checks.md",
)
