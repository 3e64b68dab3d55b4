"""Test actions: a world outside the database, and actions that change it and can be made to fail, stall or crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.foundation.errors import ConflictError, GoldpathError
from scaffolder.actions.base import (
    Action,
    Json,
    Plan,
    PlanContext,
    Planned,
    StepContext,
    StepSkipped,
    Undo,
    UndoContext,
)
from scaffolder.choices import EffectState
from scaffolder.models import Effect


class Crash(BaseException):
    """Stands for kill -9: nothing that handles errors may see it."""


@dataclass
class World:
    """What exists outside: things by name with the run that made them, and how often each was made."""

    things: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    hooks: dict[str, Callable[[], object]] = field(default_factory=dict)

    def reach(self, point: str) -> None:
        """Do what the test hung up at this point."""
        hook = self.hooks.get(point)
        if hook is not None:
            hook()

    def crash_once(self, point: str) -> None:
        """Die at this point, the first time that it is reached."""

        def die() -> None:
            del self.hooks[point]
            raise Crash(point)

        self.hooks[point] = die


world = World()


class Make(Action):
    """Ensures a thing outside."""

    id = "test:make"
    title = "Make"
    description = "Makes a thing."
    input_schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}

    def plan(self, context: PlanContext, given: Json) -> Plan:
        return Plan((Planned("thing", f"make {given['name']}", given["name"]),), {"made": given["name"]}, ("a line",))

    def run(self, context: StepContext, given: Json) -> Json:
        name, mine = str(given["name"]), str(context.run.pk)
        world.reach(f"{name}: before intent")
        effect = context.intend("thing", f"thing:{name}", {"name": name})
        world.reach(f"{name}: after intent")
        if world.things.setdefault(name, mine) != mine:
            raise ConflictError(f"{name} is somebody else's.")
        world.made.append(name)
        world.reach(f"{name}: after effect")
        context.settle(effect, {"name": name})
        context.log(f"made {name}")
        context.on_end(lambda: world.reach(f"{name}: in end"))
        return {"made": name, "count": 1}

    def compensate(self, context: UndoContext, effect: Effect) -> Undo:
        name = effect.intent["name"]
        world.reach(f"{name}: before undo")
        if world.things.get(name) not in {None, str(context.run.pk)}:
            return Undo(EffectState.LEFT, f"{name} is somebody else's now.")
        if world.things.pop(name, None):
            world.removed.append(name)
        world.reach(f"{name}: after undo")
        return Undo(EffectState.UNDONE, f"Removed {name}")


class Say(Action):
    """Logs what it was given, and fails when told to."""

    id = "test:say"
    title = "Say"
    description = "Says something."

    def plan(self, context: PlanContext, given: Json) -> Plan:
        return Plan(output=dict(given))

    def run(self, context: StepContext, given: Json) -> Json:
        world.reach("say")
        if given.get("fail"):
            raise GoldpathError(str(given["fail"]))
        if given.get("skip"):
            raise StepSkipped(str(given["skip"]))
        if given.get("defect"):
            raise KeyError(given["defect"])
        for number in range(int(given.get("lines", 1))):
            context.log(f"{given.get('text', 'hello')} {number}")
        return dict(given)


class Wait(Action):
    """Works until it is told to stop."""

    id = "test:wait"
    title = "Wait"
    description = "Waits."

    def plan(self, context: PlanContext, given: Json) -> Plan:
        return Plan()

    def run(self, context: StepContext, given: Json) -> Json:
        for _ in range(200):
            world.reach("waiting")
            if context.is_cancelled():
                raise GoldpathError("told to stop")
        raise AssertionError("nobody said stop")


def step(key: str, action: str, condition: Any = None, **given: Any) -> dict[str, Any]:
    """Return a manifest's step."""
    found: dict[str, Any] = {"id": key, "name": key.title(), "action": action, "input": given}
    return found if condition is None else {**found, "if": condition}
