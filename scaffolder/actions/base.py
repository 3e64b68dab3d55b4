"""What an action is, and what it is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from scaffolder.choices import EffectState
from scaffolder.engine.workspace import Workspace
from scaffolder.models import Effect, Run, TemplateVersion

Json = Mapping[str, Any]


class StepSkipped(Exception):  # noqa: N818 - not an error: the step has nothing to do here
    """Raised by an action that cannot or need not act; its message says why, and the run goes on."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing that a step would do outside, for the review page: `kind` such as `repository`, and where."""

    kind: str
    summary: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a step would do: the effects, the output that later steps may look up, and lines for the log."""

    effects: tuple[Planned, ...] = ()
    output: Json = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undo:
    """What became of an effect that was compensated: UNDONE, or LEFT with the reason."""

    state: EffectState
    message: str


class PlanContext(Protocol):
    """What `plan` may use: nothing of it writes anything but the preview cache."""

    template: TemplateVersion
    values: Json

    def preview(self) -> Any:
        """Return the rendered preview."""
        ...


class StepContext(Protocol):
    """What `run` may use. `run` is a snapshot: its state is changed by the engine alone."""

    run: Run
    step_key: str
    workspace: Workspace

    def log(self, message: str) -> None:
        """Add a line to the step's log; several lines are split."""
        ...

    def is_cancelled(self) -> bool:
        """Tell a long action to stop: somebody cancelled the run, or another worker has it now."""
        ...

    def has_intended(self, key: str) -> bool:
        """Tell whether an effect of this key is in the run's ledger, from whatever attempt."""
        ...

    def intend(self, kind: str, key: str, intent: Json) -> Effect:
        """Commit the intent of an external effect before it is caused.

        Returns the effect; its state tells whether an earlier worker already got to it. Raises LeaseLostError, and then
        the effect must not be caused.
        """
        ...

    def settle(self, effect: Effect, outcome: Json) -> None:
        """Note what came of an effect; stored in the transaction that ends the step."""
        ...

    def on_end(self, callback: Callable[[], None]) -> None:
        """Do `callback` in the transaction that ends the step (and the run, when the step is the last one).

        An error in it fails the step, and nothing of the transaction remains.
        """
        ...

    def output_of(self, action: str) -> Json:
        """Return the output of the completed step of another action, `{}` when there is none."""
        ...


class UndoContext(Protocol):
    """What `compensate` may use."""

    run: Run

    def log(self, message: str) -> None:
        """Add a line to the log of the effect's step."""
        ...

    def on_end(self, callback: Callable[[], None]) -> None:
        """Do `callback` in the transaction that settles the effect."""
        ...


class Action(ABC):
    """One kind of step.

    `run` ensures a state and never creates blindly: it may be called again after a kill at any line, by another worker,
    and reads what it intended before. `compensate` undoes only what the run provably made.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    input_schema: ClassVar[dict[str, Any]] = {"type": "object"}
    output_schema: ClassVar[dict[str, Any]] = {"type": "object"}

    @abstractmethod
    def plan(self, context: PlanContext, given: Json) -> Plan:
        """Return what `run` would do with the input `given`, touching nothing outside."""

    @abstractmethod
    def run(self, context: StepContext, given: Json) -> Json:
        """Do it and return the output. Raises GoldpathError for people, StepSkipped when there is nothing to do."""

    def compensate(self, context: UndoContext, effect: Effect) -> Undo:
        """Undo `effect`. An action without effects is never asked."""
        raise NotImplementedError(f"{self.id} has no effects to undo: {effect.key}")
