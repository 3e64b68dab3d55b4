"""Everything that a service's workflows run: commands, also those behind make and scripts, and actions."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from conformance.checks import _make, _tools
from conformance.checks._commands import Ci, Command, Origin, Text, Use
from conformance.checks._kept import once
from conformance.checks._workflows import Workflow, lets_failures_pass, never_runs, workflows
from conformance.examining import shell
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject

_MOST_COMMANDS = 5000
_DEEPEST = 12
_MAKE_OPTIONS = frozenset({"-C", "--directory", "-f", "--file", "-o", "-I", "-W"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})


class _Place(NamedTuple):
    """Where a shell text is run: folder, file, line, what is known of its variables and arguments, and who called."""

    origin: Origin
    path: str
    line: int
    folder: str
    variables: Mapping[str, str]
    is_tolerated: bool
    depth: int = 0
    callers: tuple[Command, ...] = ()
    settings: tuple[_make.Variable, ...] = ()


@dataclass(slots=True)
class _Reader:
    subject: Subject
    commands: list[Command] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    unseen: list[Use] = field(default_factory=list)
    makefiles: dict[str, _make.Makefile | None] = field(default_factory=dict)

    def workflow(self, started: Workflow, workflow: Workflow, depth: int = 0) -> None:
        """Read a workflow that `started` starts: itself, or one that it calls."""
        env = _texts(workflow.document["env"])
        for name, job in workflow.jobs():
            if never_runs(job):
                continue
            origin = Origin(started, name, workflow.path, job.line)
            if job["uses"]:
                self._called(origin, job, depth)
            folder = job.at("defaults.run.working-directory").text
            folder = folder or workflow.document.at("defaults.run.working-directory").text
            variables = {**env, **_texts(job["env"]), **_matrix(job)}
            place = _Place(origin, workflow.path, 0, _inside("", folder), variables, lets_failures_pass(job), depth)
            self.steps(place, job["steps"])

    def steps(self, place: _Place, steps: Node) -> None:
        """Read the steps of a job or of a composite action."""
        for step in steps:
            if never_runs(step):
                continue
            here = place._replace(
                origin=_moved(place.origin, place.path, step.line),
                folder=_inside("", step["working-directory"].text) if step["working-directory"] else place.folder,
                variables={**place.variables, **_texts(step["env"])},
                is_tolerated=place.is_tolerated or lets_failures_pass(step),
            )
            if step["uses"]:
                self._action(here, step)
            if step["run"]:
                first = step["run"].line + ("\n" in step["run"].text)
                self.text(here._replace(line=first), _resolved(step["run"].text, here.variables))

    def text(self, place: _Place, text: str) -> None:
        """Read a shell text, and what its commands call."""
        self.script(place, shell.read(text))

    def script(self, place: _Place, script: shell.Script) -> None:
        """Read a script's commands, and what they call."""
        variables = _assigned(place.variables, script.assignments)
        place = place._replace(variables=variables)
        own: list[Command] = []
        for found in script.commands:
            if len(self.commands) >= _MOST_COMMANDS:
                break
            words = _expanded(found.words, variables)
            command = _command(place, found, words)
            own.append(command)
            self.commands.append(command)
            if command.tool == "cd" and command.arguments:
                place = place._replace(folder=_inside(place.folder, command.arguments[0]))
            elif words and place.depth < _DEEPEST:
                self._follow(place, command, words[0])
        self.texts.append(
            Text(tuple(own), script.assignments, variables, place.path, place.line, place.callers, place.settings)
        )

    def _follow(self, place: _Place, command: Command, first: str) -> None:
        """Read what a command calls, if it calls anything that can be read."""
        is_make = command.is_any("make", "gmake")
        is_sourced = command.tool in (".", "source") and command.arguments
        if not (is_make or is_sourced or command.tool in _SHELLS or "/" in first):
            return
        callers = (*place.callers, command)
        place = place._replace(depth=place.depth + 1, callers=callers, is_tolerated=command.is_tolerated)
        if is_make:
            self._make(place, command.arguments)
        elif command.tool in _SHELLS:
            self._shell(place, command.arguments)
        elif is_sourced:
            self._file(place, command.arguments[0], command.arguments[1:])
        else:
            self._file(place, first, command.arguments)

    def _make(self, place: _Place, arguments: Sequence[str]) -> None:
        call = _MakeCall.read(arguments)
        folder = _inside(place.folder, call.folder)
        if folder not in self.makefiles:
            self.makefiles[folder] = _make.makefile(self.subject, folder)
        makefile = self.makefiles[folder]
        if makefile is None:
            return
        environment = {**place.variables, **call.given}
        for line in _make.lines(makefile, call.goals, call.given):
            tolerated = place.is_tolerated or line.is_tolerated or call.is_tolerated
            here = place._replace(path=line.path, line=line.line, folder=folder, settings=line.settings)
            self.text(here._replace(is_tolerated=tolerated, variables=environment), line.text)

    def _shell(self, place: _Place, arguments: Sequence[str]) -> None:
        rest = list(arguments)
        while rest and rest[0].startswith(("-", "+")):
            option = rest.pop(0)
            if option.startswith("-") and not option.startswith("--") and option.endswith("c") and rest:
                self.text(place, rest[0])
                return
            if option in ("-o", "+o") and rest:
                rest.pop(0)
        if rest:
            self._file(place, rest[0], rest[1:])

    def _file(self, place: _Place, path: str, arguments: Sequence[str]) -> None:
        """Read a script of the repository; what is no shell script has no facts and is not followed."""
        path = _inside(place.folder, path)
        if not self.subject.has(path) or path not in self.subject.facts.get("shellscript", {}):
            return
        script = shell.Script.from_json(self.subject.fact("shellscript", path))
        positional = {str(number): value for number, value in enumerate(arguments, 1)}
        variables = {**place.variables, **{str(number): "" for number in range(1, 10)}, **positional}
        self.script(place._replace(path=path, line=1, variables=variables), script)

    def _called(self, origin: Origin, job: Node, depth: int) -> None:
        """Read the reusable workflow that a job calls."""
        use = _use(_moved(origin, origin.path, job["uses"].line), job, lets_failures_pass(job))
        self.uses.append(use)
        path = use.action.removeprefix("./")
        if not use.action.startswith("./"):
            self.unseen.append(use)
        elif depth < _DEEPEST and self.subject.has(path):
            self.workflow(origin.workflow, Workflow.read(self.subject, path), depth + 1)

    def _action(self, place: _Place, step: Node) -> None:
        use = _use(_moved(place.origin, place.origin.path, step["uses"].line), step, place.is_tolerated)
        self.uses.append(use)
        if not use.action.startswith("./") or place.depth >= _DEEPEST:
            return
        folder = use.action.removeprefix("./").rstrip("/")
        names = [posixpath.join(folder, name) for name in ("action.yml", "action.yaml")]
        for path in [name for name in names if self.subject.has(name)][:1]:
            document = next(iter(self.subject.yaml(path)), Node(None))
            inputs = {f"inputs.{name}": node["default"].text for name, node in document["inputs"].items()}
            inputs |= {f"inputs.{name}": _resolved(node.text, place.variables) for name, node in step["with"].items()}
            here = place._replace(path=path, variables={**place.variables, **inputs}, depth=place.depth + 1)
            self.steps(here, document.at("runs.steps"))


@dataclass(frozen=True, slots=True)
class _MakeCall:
    """What the arguments of a call of make say."""

    goals: tuple[str, ...]
    given: Mapping[str, str]
    folder: str
    is_tolerated: bool

    @classmethod
    def read(cls, arguments: Sequence[str]) -> _MakeCall:
        """Read `-C dir`, `NAME=value`, `-i` and the goals."""
        goals: list[str] = []
        given: dict[str, str] = {}
        folder = ""
        rest = list(arguments)
        while rest:
            word = rest.pop(0)
            if (
                word in ("-C", "--directory", "-f", "--file", "-j", "-o", "-I", "-W")
                and rest
                and not (word == "-j" and not rest[0].isdigit())
            ):
                value = rest.pop(0)
                folder = value if word in ("-C", "--directory") else folder
            elif word.startswith("--directory="):
                folder = word.partition("=")[2]
            elif "=" in word and not word.startswith("-"):
                name, _, given[name.rstrip(":?+")] = word.partition("=")
            elif not word.startswith("-") and not word.isdigit():
                goals.append(word)
        return cls(tuple(goals), given, folder, "-i" in arguments or "--ignore-errors" in arguments)


@once
def ci(subject: Subject) -> Ci:
    """Return everything that the workflows of the service run, in the order of the files.

    Followed are local reusable workflows and composite actions, make targets, and scripts of the repository; left out
    is what can never run (`if: false`). UnreadableError when a file on the way cannot be read.
    """
    reader = _Reader(subject)
    for workflow in workflows(subject):
        if set(workflow.events) != {"workflow_call"}:
            reader.workflow(workflow, workflow)
    return Ci(tuple(reader.commands), tuple(reader.uses), tuple(reader.texts), tuple(reader.unseen))


def _moved(origin: Origin, path: str, line: int) -> Origin:
    return Origin(origin.workflow, origin.job, path, line)


def _command(place: _Place, found: shell.ShellCommand, words: Sequence[str]) -> Command:
    name, *arguments = _tools.tool(words) or ("",)
    line = place.line + found.line - 1
    return Command(name, tuple(arguments), place.path, line, place.is_tolerated or found.is_tolerated, place.origin)


def _assigned(known: Mapping[str, str], assignments: Sequence[shell.Assignment]) -> dict[str, str]:
    """Return the variables with what a text sets.

    Of several values the first that is not empty counts: a flag that is taken back under a condition is still there.
    """
    variables = dict(known)
    mine: set[str] = set()
    for each in assignments:
        if each.name not in mine or not variables[each.name]:
            variables[each.name] = shell.expand(each.value, variables)
            mine.add(each.name)
    return variables


def _use(origin: Origin, holder: Node, is_tolerated: bool) -> Use:
    action, _, ref = holder["uses"].text.strip().partition("@")
    return Use(action, ref, holder["with"], origin.path, origin.line, is_tolerated, origin)


def _texts(env: Node) -> dict[str, str]:
    return {name: node.text for name, node in env.items()}


def _matrix(job: Node) -> dict[str, str]:
    """Return the first value of each axis of the job's matrix, named as expressions name it."""
    return {f"matrix.{name}": next(iter(axis.texts()), "") for name, axis in job.at("strategy.matrix").items()}


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with its `${{ }}` expressions filled in, as the runner does before the shell sees it."""
    parts: list[str] = []
    at = 0
    while (start := text.find("${{", at)) >= 0 and (end := text.find("}}", start)) >= 0:
        name = text[start + 3 : end].strip()
        parts += [text[at:start], variables.get(name.removeprefix("env."), "expression")]
        at = end + 2
    return "".join([*parts, text[at:]])


def _expanded(words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words as the shell would pass them; a lone expansion is split at blanks, and vanishes when empty."""
    done: list[str] = []
    for word in words:
        filled = shell.expand(word, variables)
        is_lone = word.startswith("${") and word.endswith("}")
        done.extend(filled.split() if is_lone else [filled])
    return tuple(done)


def _inside(folder: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path)) if path else folder
    return "" if joined == "." else joined


def commands(subject: Subject, *, tolerated: bool = False) -> Iterator[Command]:
    """Yield what CI runs and what would make it fail; with `tolerated`, also what would not."""
    yield from (each for each in ci(subject).commands if tolerated or not each.is_tolerated)


def uses(subject: Subject, *, tolerated: bool = False) -> Iterator[Use]:
    """Yield the actions that CI uses and that would make it fail; with `tolerated`, also those that would not."""
    yield from (each for each in ci(subject).uses if tolerated or not each.is_tolerated)
