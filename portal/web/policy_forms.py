"""A policy as a table that people can edit: one row a check, with its level and its exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.http import QueryDict

from conformance import checks, documents
from conformance.documents import FILTERS
from conformance.examining.check import Check
from conformance.examining.terms import Level
from conformance.models import Policy, Service
from portal.foundation.errors import FieldError, InputError
from portal.web.numbers import whole

LEVELS = tuple(level.value for level in Level)
_PLURALS = {"types": "type", "lifecycles": "lifecycle", "tags": "tag", "templates": "template"}
_MOST_OPTIONS = 40


@dataclass(frozen=True, slots=True)
class FilteredRule:
    """A rule with a filter: at which level the check counts for the services that fit; `key` names it in the form."""

    key: str
    level: str
    words: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check: its level for the services that no exception fits, and what the published version says of it."""

    check: Check
    level: str
    published: str
    exceptions: tuple[FilteredRule, ...]
    is_picked: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether the level differs from that of the published version."""
        return self.level != self.published


@dataclass(frozen=True, slots=True)
class Option:
    """A value that a filter may name."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass
class PolicyForm:
    """What the page of a version shows, and what a sent form makes of it."""

    policy: Policy
    published: Policy
    sent: QueryDict | None = None
    errors: list[FieldError] = field(default_factory=list)

    def areas(self) -> list[tuple[str, list[CheckRow]]]:
        """Return the rows by area."""
        rows = sorted(self._rows(), key=lambda row: (row.check.area, row.check.level.rank, row.check.title))
        return [(area, list(group)) for area, group in groupby(rows, key=lambda row: row.check.area)]

    def waivers(self) -> dict[str, Any]:
        """Return the rules of waivers as they stand in the form: days by level, as text, and who approves."""
        kept = documents.most_days(self.policy.document)
        if self.sent is None:
            approvers = self.policy.document["waivers"]["approvers"]
            return {"days": [(level, str(days)) for level, days in kept], "approvers": approvers}
        days = [(level, self.sent.get(f"days-{level}", "")) for level, _ in kept]
        return {"days": days, "approvers": self.sent.get("approvers", "")}

    def note(self) -> str:
        """Return the note as it stands in the form."""
        return self.policy.note if self.sent is None else self.sent.get("note", "")

    def chosen_level(self) -> str:
        """Return the level of the exception that is being made."""
        return self.sent.get("except-level", "none") if self.sent else "none"

    def tags(self) -> str:
        """Return the tags of the exception that is being made, as typed."""
        return self.sent.get("except-tags", "") if self.sent else ""

    def options(self) -> list[tuple[str, str, list[Option]]]:
        """Return what the filters of a new exception can name: what services have now, tags aside."""
        rows = Service.objects.order_by().values_list("lifecycle", "type", "template_ref").distinct()[:1000]
        found = [("lifecycles", 0), ("types", 1), ("templates", 2)]
        return [(name, FILTERS[name], self._options(name, {row[place] for row in rows})) for name, place in found]

    def problems(self) -> list[str]:
        """Return what is wrong, a sentence each."""
        return [f"{_about(error)}{error.message}" for error in self.errors]

    def document(self) -> dict[str, Any]:
        """Return the document that the sent form makes, not yet validated.

        Raises InputError when an exception is asked for without a ticked check or without a filter.
        """
        sent = self.sent or QueryDict()
        dropped = sent.get("drop", "")
        added = self._exception(sent) if sent.get("go") == "except" else None
        picked = set(sent.getlist("pick"))
        rules: list[dict[str, Any]] = []
        for check in checks.registry():
            kept = [rule for key, rule in self._exceptions(check) if key != dropped]
            rules += [rule for rule in kept if added is None or check not in picked or rule["when"] != added["when"]]
            if added is not None and check in picked:
                rules.append({"check": check, **added})
            rules.append({"check": check, "level": sent.get(f"level-{check}", self._level(self.policy, check))})
        days = {level: whole(sent.get(f"days-{level}", ""), 0) for level in ("bronze", "silver", "gold")}
        return {"rules": rules, "waivers": {"maxDays": days, "approvers": sent.get("approvers", "")}}

    def _rows(self) -> Iterator[CheckRow]:
        picked = set(self.sent.getlist("pick")) if self.sent and self.errors else set()
        for check in checks.registry().values():
            kept = self._level(self.policy, check.id)
            level = self.sent.get(f"level-{check.id}", kept) if self.sent else kept
            exceptions = tuple(
                FilteredRule(key, rule["level"], in_words(rule["when"])) for key, rule in self._exceptions(check.id)
            )
            yield CheckRow(check, level, self._level(self.published, check.id), exceptions, check.id in picked)

    def _exceptions(self, check: str) -> list[tuple[str, dict[str, Any]]]:
        rules = [rule for rule in self.policy.document["rules"] if rule["check"] == check and rule.get("when")]
        return [(f"{check}:{number}", rule) for number, rule in enumerate(rules)]

    def _level(self, policy: Policy, check: str) -> str:
        rules = policy.document["rules"]
        found = (rule["level"] for rule in rules if rule["check"] == check and not rule.get("when"))
        return str(next(found, Level.NONE.value))

    def _exception(self, sent: QueryDict) -> dict[str, Any]:
        when = {name: sent.getlist(f"except-{name}") for name in FILTERS if name != "tags"}
        when["tags"] = [tag.strip() for tag in sent.get("except-tags", "").split(",") if tag.strip()]
        when = {name: values for name, values in when.items() if values}
        if not sent.getlist("pick"):
            raise _refusal("pick", "Tick the checks that the exception is for.")
        if not when:
            raise _refusal("except", "Say for which services: choose a lifecycle, type or template, or name a tag.")
        return {"level": sent.get("except-level", ""), "when": when}

    def _options(self, name: str, values: set[str]) -> list[Option]:
        chosen = set(self.sent.getlist(f"except-{name}")) if self.sent and self.errors else set()
        used = {value for rule in self.policy.document["rules"] for value in rule.get("when", {}).get(name, [])}
        every = sorted((values | used) - {""})[:_MOST_OPTIONS]
        return [Option(value, value.rpartition("/")[2], value in chosen) for value in every]


def in_words(when: Mapping[str, list[str]]) -> str:
    """Return a filter in words: `lifecycle deprecated or experimental, and tag beta`."""
    parts = []
    for name in FILTERS:
        values = when.get(name)
        if not values:
            continue
        short = [value.rpartition("/")[2] for value in values]
        parts.append(f"{_PLURALS[name]} {' or '.join(short)}")
    return ", and ".join(parts)


def counts_by_level(document: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return how many checks a document puts at each level, exceptions aside."""
    levels = [rule["level"] for rule in document["rules"] if not rule.get("when")]
    return [(level, levels.count(level)) for level in ("gold", "silver", "bronze", "none")]


def _about(error: FieldError) -> str:
    """Return which control an error is about, where its message does not say so."""
    if error.path[:2] == ("waivers", "maxDays"):
        return f"Longest waiver of a {error.path[-1]} check: "
    return {"note": "Note: "}.get(str(error.path[-1]) if error.path else "", "")


def _refusal(field: str, problem: str) -> InputError:
    return InputError(problem, [FieldError((field,), problem)])
