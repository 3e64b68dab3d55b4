"""Workflows of GitHub Actions: their events, jobs and the actions they use.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.checks import _globs
from conformance.checks._kept import once
from conformance.examining.check import Evidence
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject, UnreadableError

FOLDER = (".github/workflows/*.yml", ".github/workflows/*.yaml")
ACTIONS = ("action.yml", "action.yaml", ".github/**/action.yml", ".github/**/action.yaml")
_OPENING = ("opened", "synchronize")


@dataclass(frozen=True, slots=True)
class Workflow:
    """One workflow file. `events` are those that start it, with their settings."""

    path: str
    document: Node
    events: Mapping[str, Node]

    @classmethod
    def read(cls, subject: Subject, path: str) -> Workflow:
        """Return the workflow in a file; UnreadableError when it is none."""
        document = next(iter(subject.yaml(path)), Node(None))
        if not document.is_mapping:
            raise UnreadableError(f"{path} is no workflow: it holds no keys.", path)
        on = document["on"]
        return cls(path, document, dict(on.items()) if on.is_mapping else {name: Node(None) for name in on.texts()})

    @property
    def name(self) -> str:
        """The file's name, which is how people speak of a workflow."""
        return self.path.rpartition("/")[2]

    def jobs(self) -> Iterator[tuple[str, Node]]:
        """Yield id and body of its jobs."""
        yield from self.document["jobs"].items()

    def runs_for_changes(self, subject: Subject) -> tuple[bool, bool]:
        """Tell whether it runs for pull requests to the default branch, and for pushes to it.

        A filter of paths that holds back a change of some Go file counts as not running.
        """
        events = self.events
        branch = default_branch(subject)
        pull, push = events.get("pull_request"), events.get("push")
        types = pull["types"].texts() if pull is not None and pull["types"] else list(_OPENING)
        on_pull = pull is not None and set(_OPENING) <= set(types) and _lets_through(pull, branch, subject)
        return on_pull, push is not None and not is_for_tags(push) and _lets_through(push, branch, subject)


def default_branch(subject: Subject) -> str:
    """Return the default branch as the forge names it, else `main`."""
    return str(subject.forge.get("defaultBranch") or "main")


@once
def workflows(subject: Subject) -> list[Workflow]:
    """Return the workflows of the service; UnreadableError when one cannot be read."""
    return [Workflow.read(subject, path) for path in sorted(subject.paths(*FOLDER))]


def is_for_tags(push: Node) -> bool:
    """Tell whether a push event is for tags only."""
    return bool(push["tags"] or push["tags-ignore"]) and not (push["branches"] or push["branches-ignore"])


def _lets_through(event: Node, branch: str, subject: Subject) -> bool:
    """Tell whether the filters of an event let a change of any Go file on the branch through."""
    if event["branches"] and not _globs.lets_through(event["branches"].texts(), branch):
        return False
    if any(_globs.fits(pattern, branch) for pattern in event["branches-ignore"].texts()):
        return False
    if not event["paths"] and not event["paths-ignore"]:
        return True
    taken, ignored = event["paths"].texts(), event["paths-ignore"].texts()
    code = subject.paths("**/*.go", "go.mod")
    if event["paths"] and not all(_globs.lets_through(taken, path) for path in code):
        return False
    return not any(_globs.fits(pattern, path) for pattern in ignored for path in code)


@dataclass(frozen=True, slots=True)
class Uses:
    """One `uses:`: an action or a reusable workflow."""

    reference: str
    path: str
    line: int

    @property
    def is_local(self) -> bool:
        """Whether it is a part of this repository."""
        return self.reference.startswith("./")

    def evidence(self, note: str = "") -> Evidence:
        """Return where it stands."""
        return Evidence(self.path, self.line, note)


def all_uses(subject: Subject) -> Iterator[Uses]:
    """Yield every `uses:` of the workflows and of the repository's own composite actions."""
    for workflow in workflows(subject):
        for _, job in workflow.jobs():
            for holder in (job, *job["steps"]):
                if holder["uses"]:
                    yield Uses(holder["uses"].text.strip(), workflow.path, holder["uses"].line)
    for path, document in subject.yamls(*ACTIONS):
        for step in document.at("runs.steps"):
            if step["uses"]:
                yield Uses(step["uses"].text.strip(), path, step["uses"].line)


def never_runs(node: Node) -> bool:
    """Tell whether the `if:` of a job or step is plainly false."""
    condition = node["if"].text.strip().removeprefix("${{").removesuffix("}}").strip()
    return bool(node["if"]) and condition.lower() in ("false", "0", "''", "null")


def lets_failures_pass(node: Node) -> bool:
    """Tell whether a job or step has `continue-on-error: true`."""
    return node["continue-on-error"].text.strip().lower() in ("true", "${{ true }}")
