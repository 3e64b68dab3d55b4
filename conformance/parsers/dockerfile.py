"""Dockerfiles, read as BuildKit reads them: stages, and the instructions of each with their flags.

Source: https://docs.docker.com/reference/dockerfile/ and BuildKit's `frontend/dockerfile/parser`. Not by tree-sitter:
its Dockerfile grammar (0.2) refuses `COPY --link`, `ARG A=1 B=2` and the escape directive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._text import decode, keepable, lines_of

MOST_TEXT = 10_000
MOST_INSTRUCTIONS = 2000
MOST_VALUE = 4000

OPERATIONS = frozenset((
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
))  # fmt: skip
_WITH_HEREDOC = ("ADD", "COPY", "RUN", "ONBUILD")
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(\S.*)")
_FLAG = re.compile(r"\s*(--[A-Za-z][A-Za-z0-9-]*)(?:=((?:[^\s\"'\\]|\\.|\"[^\"]*\"|'[^']*'|[\"'\\])*))?(?=\s|$)")
_WORD = re.compile(r"(?:[^\s\"'\\]|\\.|\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\"'\\])+")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?:(:[-+])([^{}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))")
_IMAGE = re.compile(
    r"(?P<image>(?:\$\{[^}]*\}|[^@$]|\$)+?)(?::(?P<tag>(?:\$\{[^}]*\}|[^:/@{}])+))?(?:@(?P<digest>.+))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Instruction:
    op: str
    line: int
    text: str
    flags: dict[str, list[str]]


def parse(_path: str, content: bytes) -> Any:
    """Return the stages with their instructions; ParseError where BuildKit would refuse the syntax.

    A flag without a value counts as `true`. The text of an instruction has its continued lines joined, and the
    bodies of its here-documents after it. Image, tag, digest and platform have the defaults of the ARGs before the
    first FROM put in; a variable without a default stays as written.
    """
    stages: list[dict[str, Any]] = []
    defaults: dict[str, str] = {}
    for instruction in _instructions(decode(content)):
        if instruction.op == "FROM":
            stages.append(_stage(instruction, defaults, [stage["name"] for stage in stages]))
        elif stages:
            stages[-1]["instructions"].append(
                {"op": instruction.op, "line": instruction.line, "text": instruction.text, "flags": instruction.flags}
            )
        elif instruction.op == "ARG":
            defaults.update(_defaults(instruction.text, defaults))
        else:
            raise ParseError("An instruction other than ARG stands before the first FROM.", instruction.line)
    if not stages:
        raise ParseError("It is no Dockerfile: it has no FROM.")
    return {"stages": stages}


def _instructions(text: str) -> Iterator[_Instruction]:
    lines = lines_of(text)
    escape = _escape_of(lines)
    continued = re.compile(rf"(?:^|(?<=[^{re.escape(escape)}])){re.escape(escape)}[ \t]*$")
    at = count = 0
    while at < len(lines):
        start, joined = at, ""
        at, joined = _logical_line(lines, at, continued)
        if not joined.strip():
            continue
        count += 1
        if count > MOST_INSTRUCTIONS:
            raise ParseError(f"It holds more than {MOST_INSTRUCTIONS} instructions.", start + 1)
        op, _, rest = joined.strip().replace("\t", " ", 1).partition(" ")
        if op.upper() not in OPERATIONS:
            raise ParseError(f"Unknown instruction: {keepable(op, 60)}.", start + 1)
        bodies: list[str] = []
        if op.upper() in _WITH_HEREDOC:
            at, bodies = _bodies(lines, at, rest, start)
        flags, rest = _flags(rest)
        words = "\n".join([rest.strip(), *bodies])
        yield _Instruction(op.upper(), start + 1, keepable(words, MOST_TEXT), flags)


def _escape_of(lines: list[str]) -> str:
    """Return the escape character: a backslash, unless a directive at the very top says the backtick."""
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break
        if match[1].lower() == "escape":
            return "`" if match[2].strip() == "`" else "\\"
    return "\\"


def _logical_line(lines: list[str], at: int, continued: re.Pattern[str]) -> tuple[int, str]:
    """Return where the next logical line begins, and this one: joined, without comments and blank lines within."""
    parts: list[str] = []
    while at < len(lines):
        line = lines[at]
        at += 1
        bare = line.strip()
        if bare.startswith("#") or (not bare and parts):
            if not parts:
                return at, ""
            continue
        match = continued.search(line)
        parts.append(line[: match.start()] if match else line)
        if match is None:
            break
    return at, "".join(parts)


def _bodies(lines: list[str], at: int, rest: str, start: int) -> tuple[int, list[str]]:
    """Return where the line after the here-documents begins, and their bodies."""
    bodies: list[str] = []
    for match in map(_HEREDOC.fullmatch, _WORD.findall(rest)):
        if match is None:
            continue
        end = match[2].strip("\"'")
        body: list[str] = []
        while at < len(lines) and (lines[at].lstrip("\t") if match[1] else lines[at]) != end:
            body.append(lines[at])
            at += 1
        if at >= len(lines):
            raise ParseError(f"The here-document {keepable(end, 60)} is not ended.", start + 1)
        at += 1
        bodies.append("\n".join(body))
    return at, bodies


def _flags(rest: str) -> tuple[dict[str, list[str]], str]:
    flags: dict[str, list[str]] = {}
    at = 0
    while match := _FLAG.match(rest, at):
        value = "true" if match[2] is None else keepable(match[2].replace('"', "").replace("'", ""))
        flags.setdefault(keepable(match[1], 60), []).append(value)
        at = match.end()
    return flags, rest[at:]


def _defaults(text: str, known: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        name, is_given, value = word.partition("=")
        if is_given:
            found[name] = _filled(value.strip("\"'"), {**known, **found})
    return found


def _filled(text: str, values: dict[str, str]) -> str:
    """Return the text with its variables put in; one without a value stays as written."""

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[1] or match[4], "")
        if match[2] == ":+":
            return match[3] if value else ""
        return value or (match[3] if match[2] else match[0])

    return _VARIABLE.sub(value_of, text)[:MOST_VALUE]


def _stage(instruction: _Instruction, defaults: dict[str, str], earlier: list[str]) -> dict[str, Any]:
    words = instruction.text.split()
    if not (len(words) == 1 or (len(words) == 3 and words[1].upper() == "AS")):
        raise ParseError("FROM takes the form: FROM [--platform=P] IMAGE [AS NAME].", instruction.line)
    reference = _filled(words[0].strip("\"'"), defaults)
    match = _IMAGE.fullmatch(reference)
    parts = match.groupdict(default="") if match else {"image": reference, "tag": "", "digest": ""}
    return {
        "name": keepable(words[2], 200) if len(words) > 1 else "",
        "image": keepable(parts["image"]),
        "tag": keepable(parts["tag"]),
        "digest": keepable(parts["digest"]),
        "platform": keepable(_filled("".join(instruction.flags.get("--platform", [""])), defaults)),
        "line": instruction.line,
        "from_stage": reference.lower() in {name.lower() for name in earlier if name},
        "instructions": [],
    }


def _wants(path: str) -> bool:
    name = path.rpartition("/")[2]
    if name.endswith(".dockerignore"):
        return False
    return name == "Dockerfile" or name.startswith("Dockerfile.") or name.endswith(".Dockerfile")


PARSER = Parser(name="dockerfile", version="1", wants=_wants, parse=parse)
