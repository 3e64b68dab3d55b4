"""An examiner with parsers and checks that hang, crash and lie; the tests run it in place of the real one."""

from __future__ import annotations

import ctypes
import time
from functools import cache
from typing import Any

from conformance import checks, parsers
from conformance.examining.check import Check, Finding, passed
from conformance.examining.parser import ParseError, Parser, ToolMissingError
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def _hang(*_: Any) -> Any:
    time.sleep(600)


def _crash(*_: Any) -> Any:
    ctypes.string_at(0)


def _raise(*_: Any) -> Any:
    raise RuntimeError("a defect")


def _refuse(*_: Any) -> Any:
    raise ParseError("this is not right", 3)


def _lack(*_: Any) -> Any:
    raise ToolMissingError("oracle is not installed")


def _deep(*_: Any) -> Any:
    return _deep()


def _size(_: str, content: bytes) -> dict[str, int]:
    return {"size": len(content)}


PARSERS = {
    "hang": _hang,
    "crash": _crash,
    "raise": _raise,
    "refuse": _refuse,
    "lack": _lack,
    "deep": _deep,
    "size": _size,
}


@cache
def parser_registry() -> dict[str, Parser]:
    """Return the hostile parsers."""
    return {name: Parser(name, "1", lambda _: True, parse, seconds=0.5) for name, parse in PARSERS.items()}


def _fine(subject: Subject) -> Finding:
    return passed(f"{len(subject.files)} files")


@cache
def check_registry() -> dict[str, Check]:
    """Return the hostile checks, with honest ones between them."""
    judges = {"fine": _fine, "hang": _hang, "also-fine": _fine, "crash": _crash, "raise": _raise, "last-fine": _fine}
    return {name: Check(name, name, Level.BRONZE, "Go", "all", "why", "how", judge) for name, judge in judges.items()}


if __name__ == "__main__":
    from conformance.scanning import server

    parsers.registry = parser_registry
    checks.registry = check_registry
    server.main()
