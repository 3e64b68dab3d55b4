"""CODEOWNERS as GitHub reads it: the first of three places counts, and of several rules the last that fits.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.checks._places import COMMUNITY
from conformance.examining.subject import Subject

SOURCE = (
    "https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/"
    "customizing-your-repository/about-code-owners"
)
PLACES = ".github/, the top folder or docs/"
_EVERY_PATH = frozenset({"*", "**", "/**", "**/*", "/**/*"})
Rule = Mapping[str, Any]


def path_of(subject: Subject) -> str:
    """Return the path of the file that counts, a link too; empty when there is none."""
    return next((folder + "CODEOWNERS" for folder in COMMUNITY if folder + "CODEOWNERS" in subject.files), "")


def for_every_path(rules: Sequence[Rule]) -> Rule | None:
    """Return the last rule that takes every path, or None."""
    return next((rule for rule in reversed(rules) if rule["pattern"] in _EVERY_PATH), None)
