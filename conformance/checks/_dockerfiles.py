"""The Dockerfiles of a service: stages, what they stand on, and what the last one leaves in the image."""

from __future__ import annotations

import json
import shlex
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.checks._kept import once
from conformance.checks._places import is_deployed, is_foreign
from conformance.examining.check import Finding, failed, not_applicable
from conformance.examining.subject import Subject

APPLIES_TO = "Services with a Dockerfile; development containers and vendored code are left out"
REFERENCE = "https://docs.docker.com/reference/dockerfile/"
PRACTICES = "https://docs.docker.com/build/building/best-practices/"
_LONGEST = 500
_NONE = "There is no Dockerfile"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its operation, what follows it without flags, and its flags."""

    op: str
    line: int
    text: str
    flags: Mapping[str, list[str]]

    def words(self) -> list[str]:
        """Return the arguments of the shell form or of the JSON form, without here-documents."""
        first = self.text.split("\n", 1)[0].strip()
        if first.startswith("["):
            try:
                return [str(word) for word in json.loads(first)]
            except ValueError:
                pass
        return list(_split(first))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; `parent` is the earlier stage that it stands on, if it stands on one.

    `values` are the defaults of its ARG and ENV, and of those below it.
    """

    name: str
    image: str
    tag: str
    digest: str
    line: int
    instructions: tuple[Instruction, ...]
    parent: Stage | None
    values: Mapping[str, str]

    def chain(self) -> Iterator[Stage]:
        """Yield the stage, and those that it stands on; the last one is built on an image."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.parent

    def last(self, op: str) -> Instruction | None:
        """Return the last instruction of this kind that the image keeps: of the stage, or of those below it."""
        for stage in self.chain():
            for instruction in reversed(stage.instructions):
                if instruction.op == op:
                    return instruction
        return None

    def filled(self, text: str) -> str:
        """Return the text with the defaults of the stage's ARG and ENV put in; what has none stays as written."""
        return _filled(text, self.values)


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """One Dockerfile. What is built without a target is its last stage."""

    path: str
    stages: tuple[Stage, ...]

    @property
    def final(self) -> Stage:
        """The stage that becomes the image."""
        return self.stages[-1]

    def root(self) -> Stage:
        """Return the stage that names the image on which the final stage stands."""
        return list(self.final.chain())[-1]

    def external(self) -> list[Stage]:
        """Return the stages that are built on an image from elsewhere."""
        return [stage for stage in self.stages if stage.parent is None and stage.image.casefold() != "scratch"]


@once
def paths(subject: Subject) -> list[str]:
    """Return the paths of the Dockerfiles that build something to run; links too, so that reading them says so."""
    return sorted(path for path in subject.files if _is_dockerfile(path) and not _is_left_out(path))


@once
def dockerfiles(subject: Subject) -> list[Dockerfile]:
    """Return the Dockerfiles; UnreadableError when one cannot be read."""
    return [_read(path, subject.fact("dockerfile", path)) for path in paths(subject)]


def without_one(subject: Subject, consequence: str) -> Finding:
    """Return what a check that needs a Dockerfile says where there is none: a library needs none, a service does."""
    if is_deployed(subject):
        return failed(f"{_NONE}, {consequence}.")
    return none_here()


def none_here() -> Finding:
    """Return that there is nothing to judge; `dockerfile-multi-stage` says whether there should be."""
    return not_applicable(f"{_NONE}.")


def _is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2]
    is_named = name == "Dockerfile" or name.startswith("Dockerfile.") or name.endswith(".Dockerfile")
    return is_named and not name.endswith(".dockerignore")


def _is_left_out(path: str) -> bool:
    return is_foreign(path) or ".devcontainer" in path.split("/")


def _read(path: str, fact: Any) -> Dockerfile:
    stages: list[Stage] = []
    for each in fact["stages"]:
        instructions = tuple(Instruction(**instruction) for instruction in each["instructions"])
        parent = _named(stages, each["image"]) if each["from_stage"] else None
        named = (each["name"], each["image"], each["tag"], each["digest"], each["line"])
        stages.append(Stage(*named, instructions, parent, _values(instructions, parent)))
    return Dockerfile(path, tuple(stages))


def _named(stages: list[Stage], name: str) -> Stage | None:
    return next((stage for stage in reversed(stages) if stage.name.casefold() == name.casefold()), None)


def _values(instructions: Iterable[Instruction], parent: Stage | None) -> dict[str, str]:
    values = dict(parent.values) if parent else {}
    for instruction in instructions:
        if instruction.op in ("ARG", "ENV"):
            values |= _assigned(instruction, values)
    return values


def _assigned(instruction: Instruction, known: Mapping[str, str]) -> dict[str, str]:
    """Return what an ARG or ENV sets; `ENV NAME value` is its old form."""
    words = instruction.words()
    if instruction.op == "ENV" and len(words) > 1 and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])[:_LONGEST]}
    pairs = (word.partition("=") for word in words)
    return {name: _filled(value, known)[:_LONGEST] for name, equals, value in pairs if equals}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with values put in; of a long one only the beginning, so that values cannot multiply."""
    return string.Template(text[:_LONGEST]).safe_substitute(values) if "$" in text else text


@lru_cache(maxsize=128)
def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())
