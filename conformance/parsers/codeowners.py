"""CODEOWNERS: who reviews what, in GitHub's syntax.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from typing import Any

from conformance.examining.parser import Parser
from conformance.parsers._text import decode, keepable, numbered

MOST_RULES = 5000
MOST_OWNERS = 100
PLACES = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS")

_OWNER = re.compile(
    r"@[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})(?:/[A-Za-z0-9._-]{1,100})?"
    r"|[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)
_WORD = re.compile(r"(?:\\.|[^\s\\])+|\\")


def parse(_path: str, content: bytes) -> Any:
    """Return rules in order (the last that fits wins) and what GitHub would call an error; it skips those lines."""
    rules: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for line, text in numbered(decode(content)):
        words = _WORD.findall(text.partition("#")[0] if not text.startswith("\\#") else text)
        if not words:
            continue
        problem = _problem(words[0], words[1:])
        if problem and len(errors) < MOST_RULES:
            errors.append({"line": line, "message": problem})
        elif not problem and len(rules) < MOST_RULES:
            owners = [keepable(owner, 200) for owner in words[1 : MOST_OWNERS + 1]]
            rules.append({"pattern": keepable(words[0]), "owners": owners, "line": line})
    return {"rules": rules, "errors": errors}


def _problem(pattern: str, owners: list[str]) -> str:
    """Return in words why GitHub refuses the line; empty when it does not."""
    if pattern.startswith("!"):
        return "A pattern cannot begin with ! in CODEOWNERS."
    if "[" in pattern or "]" in pattern:
        return "A pattern cannot hold a character range in CODEOWNERS."
    if pattern.startswith("\\#"):
        return "A pattern cannot begin with an escaped # in CODEOWNERS."
    wrong = next((owner for owner in owners if not _OWNER.fullmatch(owner)), "")
    return f"{keepable(wrong, 60)} is no owner: it must be @user, @org/team or an e-mail address." if wrong else ""


PARSER = Parser(name="codeowners", version="1", wants=lambda path: path in PLACES, parse=parse)
