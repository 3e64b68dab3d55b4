"""The capabilities that a template offers, and what a choice among them comes to.

A capability is chosen by a boolean question of the same name. What it requires comes along, what conflicts with it and
what it needs one of are checked: here, for pages, the API and dry runs alike.
"""

from __future__ import annotations

from scaffolder.capabilities.answers import Answers, notes, settle, wanted
from scaffolder.capabilities.catalogue import Capability, Catalogue, catalogue_of
from scaffolder.capabilities.choosing import Choice, choose
from scaffolder.capabilities.rules import Rules, rules_of

__all__ = [
    "Answers",
    "Capability",
    "Catalogue",
    "Choice",
    "Rules",
    "catalogue_of",
    "choose",
    "notes",
    "rules_of",
    "settle",
    "wanted",
]
