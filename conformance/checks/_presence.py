"""Whether CI runs something: a command, or an action that does the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.checks._ci import ci
from conformance.checks._commands import Command, Use
from conformance.checks._kept import once
from conformance.checks._workflows import Workflow, is_for_tags, workflows
from conformance.examining.check import Evidence, Finding, failed, inconclusive, passed
from conformance.examining.subject import Subject

_BY_ITSELF = frozenset({"pull_request", "pull_request_target", "merge_group", "schedule"})


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for in CI: commands, actions, and the words for it (`tests run with the race detector`)."""

    words: str
    command: Callable[[Command], bool]
    use: Callable[[Use], bool] = lambda _use: False


def judged(subject: Subject, sought: Sought) -> Finding:
    """Return whether CI runs what is sought, by itself and so that a failure of it is seen."""
    if not workflows(subject):
        return failed(f"There is no workflow in .github/workflows, so that nothing sees to it that {sought.words}.")
    found = sorted(evidence(subject, sought), key=lambda each: each[0])
    binding = [place for is_tolerated, place in found if not is_tolerated]
    if binding:
        return passed(f"In CI, {sought.words}.", *binding)
    if found:
        return failed(f"In CI, {sought.words}, but a failure of it is let pass.", *(place for _, place in found))
    unseen = ci(subject).unseen
    if unseen:
        where = unseen[0].evidence("a workflow of another repository, which cannot be read here")
        return inconclusive(f"It cannot be seen whether {sought.words}: CI calls {unseen[0].action}.", where)
    return failed(f"No workflow sees to it that {sought.words}.", *(Evidence(each.path) for each in workflows(subject)))


def evidence(subject: Subject, sought: Sought) -> list[tuple[bool, Evidence]]:
    """Return whether a failure is let pass, and the place, of everything that is sought and that starts by itself."""
    commands, uses = _by_itself(subject)
    found: list[Command | Use] = [*filter(sought.command, commands), *filter(sought.use, uses)]
    return [(each.is_tolerated, each.evidence(f"run by {each.origin.title}")) for each in found]


@once
def _by_itself(subject: Subject) -> tuple[list[Command], list[Use]]:
    """Return what starts by itself of all that CI runs."""
    paths = {each.path for each in workflows(subject) if starts_by_itself(each)}
    commands = [each for each in ci(subject).commands if each.origin.workflow.path in paths]
    return commands, [each for each in ci(subject).uses if each.origin.workflow.path in paths]


def starts_by_itself(workflow: Workflow) -> bool:
    """Tell whether a workflow starts on changes or by the clock, not only by hand or for a release."""
    events = workflow.events
    push = events.get("push")
    return not _BY_ITSELF.isdisjoint(events) or (push is not None and not is_for_tags(push))
