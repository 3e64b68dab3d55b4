"""What CI runs, in words that checks speak of: commands, shell texts and actions, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.checks import _tools
from conformance.checks._make import Variable
from conformance.checks._workflows import Workflow
from conformance.examining import shell
from conformance.examining.check import Evidence
from conformance.examining.nodes import Node


@dataclass(frozen=True, slots=True)
class Origin:
    """The step that something comes from: the workflow that starts it, its job, and where the step stands."""

    workflow: Workflow
    job: str
    path: str
    line: int

    @property
    def title(self) -> str:
        """What to call it in a sentence: `job test of ci.yml`."""
        return f"job {self.job} of {self.workflow.name}"

    def evidence(self, note: str = "") -> Evidence:
        """Return where the step stands."""
        return Evidence(self.path, self.line, note)


@dataclass(frozen=True, slots=True)
class Command:
    """One command that CI runs: the bare tool and its arguments, and where it stands.

    `is_tolerated` when its failure would be let pass (`continue-on-error`, `|| true`, `-` of make).
    """

    tool: str
    arguments: tuple[str, ...]
    path: str
    line: int
    is_tolerated: bool
    origin: Origin

    def evidence(self, note: str = "") -> Evidence:
        """Return where it stands."""
        return Evidence(self.path, self.line, note)

    def is_any(self, *tools: str) -> bool:
        """Tell whether it runs one of the tools."""
        return _tools.is_any(self.tool, *tools)

    def go_test(self) -> tuple[str, ...] | None:
        """Return the arguments of `go test`, also behind gotestsum; None when it runs no test."""
        if self.tool in ("go", "richgo", "gotest") and self.arguments[:1] == ("test",):
            return self.arguments[1:]
        if self.is_any("gotestsum"):
            return self.arguments[self.arguments.index("--") + 1 :] if "--" in self.arguments else ()
        return None


@dataclass(frozen=True, slots=True)
class Text:
    """One shell text that CI runs: its commands, what it sets, and the values of its variables.

    `callers` are the commands that lead to it, such as `make cover` and `sh scripts/coverage.sh 90`; `settings` are the
    variables of the makefile that stand in the recipe behind it.
    """

    commands: tuple[Command, ...]
    assignments: tuple[shell.Assignment, ...]
    variables: Mapping[str, str]
    path: str
    first_line: int
    callers: tuple[Command, ...]
    settings: tuple[Variable, ...]

    @property
    def caller(self) -> Command | None:
        """The command that runs the text; None for the text of a step."""
        return self.callers[-1] if self.callers else None


@dataclass(frozen=True, slots=True)
class Use:
    """One action or reusable workflow that CI uses, with its inputs."""

    action: str
    ref: str
    inputs: Node
    path: str
    line: int
    is_tolerated: bool
    origin: Origin

    def evidence(self, note: str = "") -> Evidence:
        """Return where it stands."""
        return Evidence(self.path, self.line, note)

    def is_any(self, *actions: str) -> bool:
        """Tell whether it is one of the actions, named `owner/repository` or with a path below."""
        name = self.action.lower()
        return any(name == each or name.startswith(f"{each}/") for each in actions)


@dataclass(frozen=True, slots=True)
class Ci:
    """What the workflows run. `unseen` are the reusable workflows of other repositories, which nobody can read here."""

    commands: tuple[Command, ...]
    uses: tuple[Use, ...]
    texts: tuple[Text, ...]
    unseen: tuple[Use, ...]
