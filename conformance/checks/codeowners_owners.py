"""Who owns the code is who owns the component."""

from __future__ import annotations

from conformance.checks import _codeowners as codeowners
from conformance.checks._problems import Problem, failed_by
from conformance.checks._refs import full, name_of
from conformance.checks._words import cut, listed
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Compare the rule for every path with the catalog's owner, and all teams with those that the catalog knows."""
    owner = str(subject.entity.get("owner", ""))
    if not owner:
        return inconclusive("The catalog does not say who owns this service.")
    path = codeowners.path_of(subject)
    if not path:
        return failed(f"There is no CODEOWNERS file in {codeowners.PLACES}, so {owner} is not asked for reviews.")
    rules = subject.fact("codeowners", path)["rules"]
    rule = codeowners.for_every_path(rules)
    if rule is None:
        return failed(f"{path} has no rule that covers every path, so {owner} does not own the whole.", Evidence(path))
    problems = _other_owner(subject, path, rule, owner)
    if not problems and not subject.teams:
        return inconclusive("The catalog knows no groups, so nobody can say whether the teams in CODEOWNERS exist.")
    problems += _unknown_teams(subject, path, rules)
    if problems:
        return failed_by(problems)
    return passed(f"{path} names {cut(owner)}, the owner in the catalog, for every path.", Evidence(path, rule["line"]))


def _other_owner(subject: Subject, path: str, rule: codeowners.Rule, owner: str) -> list[Problem]:
    """Return a problem when the catalog's owner is not among those of the rule for every path."""
    if any(_is(handle, full(owner, "group"), subject.codeowners_org) for handle in rule["owners"]):
        return []
    named = listed(rule["owners"]) or "nobody"
    wanted = _handle(full(owner, "group"), subject.codeowners_org)
    words = f"{path} gives every path to {named}, but the catalog's owner is {cut(owner)}: {cut(wanted)} is missing"
    return [Problem(words, path, rule["line"])]


def _unknown_teams(subject: Subject, path: str, rules: list[codeowners.Rule]) -> list[Problem]:
    """Return a problem for every `@org/team` that the catalog does not know; people cannot be looked up."""
    known = {name_of(team).casefold() for team in subject.teams}
    organisation = subject.codeowners_org.casefold()
    problems = []
    for rule in rules:
        for handle in rule["owners"]:
            owner_org, slash, team = handle.removeprefix("@").casefold().partition("/")
            if not (handle.startswith("@") and slash):
                continue
            if team not in known or (organisation and owner_org != organisation):
                problems.append(
                    Problem(f"{path} names {cut(handle)}, which no group of the catalog is", path, rule["line"])
                )
    return problems


def _is(handle: str, owner: str, organisation: str) -> bool:
    """Tell whether a handle is the owner's. Without a known organisation, the team's name alone counts."""
    if organisation or owner.startswith("user:"):
        return handle.casefold() == _handle(owner, organisation).casefold()
    return handle.startswith("@") and handle.casefold().rpartition("/")[2] == name_of(owner)


def _handle(owner: str, organisation: str) -> str:
    if owner.startswith("user:"):
        return f"@{name_of(owner)}"
    return f"@{organisation or '<organisation>'}/{name_of(owner)}"


CHECK = Check(
    id="codeowners-owners",
    title="CODEOWNERS names the team that owns the service in the catalog",
    level=Level.BRONZE,
    area="Ownership",
    applies_to="Every service",
    rationale=(
        "Whoever is called at night is found in the catalog; whoever is asked for a review is found in "
        "`CODEOWNERS`. When the two differ, changes are approved by people who do not answer for them. A team that "
        "does not exist is asked for nothing: GitHub skips it silently."
    ),
    fix=(
        "Name the team of `spec.owner` on the rule for every path, or correct the owner in `catalog-info.yaml`.\n\n"
        "```\n"
        "# .github/CODEOWNERS, for the owner group:default/payments\n"
        "* @your-org/payments\n"
        "```\n\n"
        "Take out teams that no longer exist."
    ),
    judge=judge,
    source=codeowners.SOURCE,
)
