"""What the forge waits for before a merge is something that runs."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks._words import counted, cut, listed
from conformance.checks._workflows import workflows
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


@dataclass(frozen=True, slots=True)
class _Job:
    """One name under which a job reports, and where the job is.

    `adds` is how its name goes on in a status: jobs of a matrix and of reusable workflows add to it.
    """

    name: str
    path: str
    line: int
    adds: tuple[str, ...]

    def reports(self, check: str) -> bool:
        """Tell whether the job reports a status of this name."""
        before, expression, after = self.name.partition("${{")
        if expression:
            ending = after.rpartition("}}")[2]
            return len(check) > len(before) + len(ending) and check.startswith(before) and check.endswith(ending)
        return check == self.name or any(check.startswith(self.name + more) for more in self.adds)


def judge(subject: Subject) -> Finding:
    """Judge the names of the required checks by the ids and names of all jobs."""
    if not subject.forge:
        return inconclusive("The forge does not say which checks it requires.")
    required = [str(name) for name in subject.forge.get("requiredChecks") or ()]
    if not required:
        return not_applicable("The forge requires no status check.")
    jobs = _jobs(subject)
    missing = [check for check in required if not any(job.reports(check) for job in jobs)]
    if missing:
        noun = "required check is" if len(missing) == 1 else "required checks are"
        files = [Evidence(workflow.path, workflow.document["jobs"].line) for workflow in workflows(subject)]
        return failed(f"{len(missing)} {noun} no job of any workflow: {listed(missing)}.", *files)
    reporting = [next(job for job in jobs if job.reports(check)) for check in required]
    places = [Evidence(job.path, job.line, cut(job.name)) for job in reporting]
    return passed(f"{counted(len(required), 'required check')}, all reported by a job.", *places)


def _jobs(subject: Subject) -> list[_Job]:
    found = []
    for workflow in workflows(subject):
        for key, body in workflow.jobs():
            adds = [" ("] if body.at("strategy.matrix") else []
            adds += [" / "] if body["uses"] else []
            names = {key, body["name"].text or key}
            found += [_Job(name, workflow.path, body.line, tuple(adds)) for name in sorted(names)]
    return found


CHECK = Check(
    id="required-checks-exist",
    title="Every required status check is a job of a workflow",
    level=Level.SILVER,
    area="Delivery",
    applies_to="Services whose forge requires status checks",
    rationale=(
        "A required check that no job reports keeps every pull request waiting for ever, until somebody takes the "
        "protection off to get a fix out, and leaves it off. It happens whenever a job is renamed."
    ),
    fix=(
        "Give the job the name that is required, or require the name that it has.\n\n"
        "```yaml\n"
        "jobs:\n"
        "  test:\n"
        "    name: Test   # this is what the ruleset must require\n"
        "```"
    ),
    judge=judge,
    source=(
        "https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks"
    ),
)
