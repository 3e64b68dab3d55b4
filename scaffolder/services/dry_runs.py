"""Dry runs: what a run would do, without doing any of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.foundation.actors import Actor
from scaffolder.actions import registry
from scaffolder.actions.base import Plan, Planned
from scaffolder.capabilities import settle
from scaffolder.choices import StepStatus
from scaffolder.engine.expressions import bind, is_true
from scaffolder.engine.journal import WIRE_STATUS, clean
from scaffolder.models import TemplateVersion
from scaffolder.previews import Preview, preview
from scaffolder.services.names import preflight
from scaffolder.services.runs import steps_of
from scaffolder.services.templates import find_template


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step as it would run: its bound input and what it would do outside. `is_skipped` when its condition fails."""

    id: str
    name: str
    action: str
    input: Mapping[str, Any]
    effects: tuple[Planned, ...] = ()
    is_skipped: bool = False


@dataclass(frozen=True, slots=True)
class DryRun:
    """The outcome of a dry run: steps with their plans, event bodies as a run would log them, output and files.

    `along` says of each answer that was changed to yes why: what is chosen requires it.
    """

    template: TemplateVersion
    values: Mapping[str, Any]
    steps: tuple[PlannedStep, ...]
    log: tuple[Mapping[str, Any], ...]
    output: Mapping[str, Any]
    preview: Preview
    along: Mapping[str, str] = field(default_factory=dict)


def dry_run(template_ref: str, values: Mapping[str, Any], actor: Actor) -> DryRun:
    """Return what `start_run` would lead to. Touches nothing but the preview cache on disk.

    Refuses what `start_run` refuses: NotFoundError for an unknown template, InputError with one FieldError per value.
    """
    template = find_template(template_ref)
    answers = settle(template, values)
    preflight(answers.values, actor)
    return _Planning(template, answers.values, actor, along=answers.along).work()


@dataclass
class _Planning:
    """Implements PlanContext, and collects the plan step by step."""

    template: TemplateVersion
    values: Mapping[str, Any]
    actor: Actor
    along: Mapping[str, str] = field(default_factory=dict)
    steps: list[PlannedStep] = field(default_factory=list)
    lines: list[Mapping[str, Any]] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    rendered: Preview | None = None

    def preview(self) -> Preview:
        """Return the render of the values, made at the first call."""
        if self.rendered is None:
            self.rendered = preview(self.template, self.values)
        return self.rendered

    def work(self) -> DryRun:
        """Plan every step in order."""
        steps = steps_of(self.template)
        for note in self.along.values():
            self._log(steps[0]["id"], note)
        for step in steps:
            self._plan(step)
        output = bind(self.template.manifest["spec"].get("output") or {}, self._bindings())
        done, log = tuple(self.steps), tuple(self.lines)
        return DryRun(self.template, self.values, done, log, output, self.preview(), self.along)

    def _plan(self, step: Mapping[str, Any]) -> None:
        key, name = step["id"], step.get("name") or step["id"]
        bindings = self._bindings()
        given = bind(step.get("input") or {}, bindings)
        if not is_true(step.get("if"), bindings):
            self.steps.append(PlannedStep(key, name, step["action"], given, is_skipped=True))
            self._log(key, f"Skipped step {name}: its condition does not hold", StepStatus.SKIPPED)
            return
        self._log(key, f"Beginning step {name}", StepStatus.RUNNING)
        found = registry.action(step["action"])
        registry.check_input(found, given)
        plan = found.plan(self, given)
        self.steps.append(PlannedStep(key, name, step["action"], given, plan.effects))
        self._tell(key, name, plan)

    def _tell(self, key: str, name: str, plan: Plan) -> None:
        for effect in plan.effects:
            self._log(key, f"Would {effect.summary}" + (f": {effect.target}" if effect.target else ""))
        for line in plan.lines:
            self._log(key, line)
        self.outputs[key] = {"output": dict(plan.output)}
        self._log(key, f"Finished step {name}", StepStatus.COMPLETED)

    def _log(self, key: str, message: str, status: StepStatus | None = None) -> None:
        body = {"message": clean(message), "stepId": key}
        self.lines.append(body if status is None else {**body, "status": WIRE_STATUS[status]})

    def _bindings(self) -> dict[str, Any]:
        return {"parameters": self.values, "user": {"ref": self.actor.user_ref}, "steps": self.outputs}
