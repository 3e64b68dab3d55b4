"""The token of workflows may do what its job needs, and no more."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut, listed
from conformance.checks._workflows import Workflow, workflows
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_HARMLESS = ("none", "read")


def judge(subject: Subject) -> Finding:
    """Judge `permissions` of every workflow: none or read at the top, named ones in the jobs."""
    found = workflows(subject)
    if not found:
        return not_applicable("There is no workflow in .github/workflows.")
    problems = [problem for each in found for problem in _problems(each)]
    if problems:
        return failed_by(problems)
    places = [Evidence(each.path, _line_of(each)) for each in found]
    return passed(f"{counted(len(found), 'workflow')}: no write access beyond what a job names.", *places)


def _problems(workflow: Workflow) -> Iterator[Problem]:
    top = workflow.document["permissions"]
    if not top:
        words = f"{workflow.name} has no permissions at its top: the token gets the repository's default"
        yield Problem(words, workflow.path, workflow.document.line)
    elif top.text == "write-all":
        yield Problem(f"{workflow.name} grants write-all to every job", workflow.path, top.line)
    elif not top.is_mapping and top.text != "read-all":
        yield Problem(
            f"{workflow.name} has permissions that are no permissions: {cut(top.text)}", workflow.path, top.line
        )
    else:
        yield from _written(workflow, top)
    for name, job in workflow.jobs():
        if job["permissions"].text == "write-all":
            yield Problem(f"Job {cut(name)} of {workflow.name} has write-all", workflow.path, job["permissions"].line)


def _written(workflow: Workflow, top: Node) -> Iterator[Problem]:
    written = [(scope, value) for scope, value in top.items() if value.text not in _HARMLESS]
    if written:
        scopes = listed(f"{scope}: {value.text}" for scope, value in written)
        yield Problem(f"{workflow.name} grants {scopes} to every job", workflow.path, written[0][1].line)


def _line_of(workflow: Workflow) -> int:
    return workflow.document["permissions"].line


CHECK = Check(
    id="workflow-permissions",
    title="Workflow tokens have the least permissions",
    level=Level.SILVER,
    area="Security",
    applies_to="Services with workflows in .github/workflows",
    rationale=(
        "Every job has a token for the repository, and so has everything that the job runs: actions, test code, "
        "dependencies. Without `permissions` it may be allowed to push code, publish packages and approve pull "
        "requests, as the repository's settings say. With none or read at the top, a job that needs more names it, "
        "and reviewers see it."
    ),
    fix=(
        "Grant nothing at the top, and to each job what it needs:\n\n"
        "```yaml\n"
        "permissions: {}\n"
        "jobs:\n"
        "  build:\n"
        "    permissions:\n"
        "      contents: read\n"
        "  release:\n"
        "    permissions:\n"
        "      contents: read\n"
        "      packages: write\n"
        "```"
    ),
    judge=judge,
    source="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions",
)
