"""A bot proposes new versions of everything that the service is built from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from conformance.checks import _dockerfiles as docker
from conformance.checks import _globs
from conformance.checks._places import is_foreign
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.checks._workflows import FOLDER
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, not_applicable, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

DEPENDABOT = (".github/dependabot.yml", ".github/dependabot.yaml")
RENOVATE = ("renovate.json", ".github/renovate.json", ".renovaterc.json")
_UNREAD = ("renovate.json5", ".github/renovate.json5", ".renovaterc", ".renovaterc.json5")
_MANAGERS = {"gomod": "gomod", "docker": "dockerfile", "github-actions": "github-actions"}
_OFF = (":disableRenovate", "default:disableRenovate")

Needs = dict[str, list[str]]
"""By ecosystem, as Dependabot calls it, the folders that have something of it; the top one is the empty text."""


def judge(subject: Subject) -> Finding:
    """Judge the settings of Dependabot, else those of Renovate: valid, switched on, and for all that is there."""
    needs = _needs(subject)
    if not needs:
        return not_applicable("There is no go.mod, no Dockerfile and no workflow, so nothing to update.")
    bot = next((path for path in DEPENDABOT if path in subject.files), "")
    other = next((path for path in RENOVATE if path in subject.files), "")
    if not bot and not other:
        return _neither(subject)
    found = {bot: _dependabot(subject, bot, needs)} if bot else {}
    if other and found.get(bot) != []:
        found[other] = _renovate(subject, other, needs)
    good = next((path for path, problems in found.items() if not problems), "")
    if not good:
        return failed_by(next(iter(found.values())))
    return passed(f"{good} covers {listed(needs)}.", Evidence(good))


def _needs(subject: Subject) -> Needs:
    modules = [path for path in subject.paths("**/go.mod") if not is_foreign(path)]
    found = {"gomod": modules, "docker": docker.paths(subject)}
    needs = {key: sorted({posixpath.dirname(path) for path in paths}) for key, paths in found.items() if paths}
    return {**needs, "github-actions": [""]} if subject.paths(*FOLDER) else needs


def _neither(subject: Subject) -> Finding:
    path = next((path for path in _UNREAD if path in subject.files), "")
    if path:
        return inconclusive(f"{path} is not read here; its settings can be judged as renovate.json.", Evidence(path))
    return failed("There is neither .github/dependabot.yml nor renovate.json.")


def _invalid(subject: Subject, path: str) -> list[Problem]:
    findings = subject.fact("schemas", path)["findings"]
    return [Problem(f"{path} is not valid: {cut(each['message'], 150)}", path, each["line"]) for each in findings]


def _dependabot(subject: Subject, path: str, needs: Needs) -> list[Problem]:
    invalid = _invalid(subject, path)
    if invalid:
        return invalid
    document = next(iter(subject.yaml(path)), Node(None))
    problems = []
    for ecosystem, folders in needs.items():
        updates = [each for each in document["updates"] if each["package-ecosystem"].text == ecosystem]
        working = [each for each in updates if each["open-pull-requests-limit"].value != 0]
        missed = [folder for folder in folders if not any(_covers(each, folder) for each in working)]
        if missed:
            line = updates[0].line if updates else document["updates"].line
            problems.append(Problem(_missed(path, ecosystem, missed, bool(updates), bool(working)), path, line))
    return problems


def _missed(path: str, ecosystem: str, folders: Iterable[str], is_there: bool, is_on: bool) -> str:
    if not is_there:
        return f"{path} does not cover {ecosystem}"
    if not is_on:
        return f"{path} allows no pull request for {ecosystem}"
    return f"{path} covers {ecosystem}, but not in {listed(f'/{folder}' for folder in folders)}"


def _covers(update: Node, folder: str) -> bool:
    """Tell whether an entry is for the folder; `directories` may hold patterns, `directory` may not."""
    if update["directory"].text.strip("/") == folder and update["directory"]:
        return True
    patterns = [text.strip("/") for text in update["directories"].texts()]
    return any(pattern == folder or (bool(pattern) and _fits(pattern, folder)) for pattern in patterns)


def _fits(pattern: str, folder: str) -> bool:
    return pattern in ("**", "**/*") or _globs.fits(pattern, folder)


def _renovate(subject: Subject, path: str, needs: Needs) -> list[Problem]:
    invalid = _invalid(subject, path)
    if invalid:
        return invalid
    settings = Node(subject.fact("renovate", path)["documents"][0])
    if settings["enabled"].value is False:
        return [Problem(f"{path} switches Renovate off", path, settings["enabled"].line)]
    if any(preset in _OFF for preset in settings["extends"].texts()):
        return [Problem(f"{path} switches Renovate off", path, settings["extends"].line)]
    chosen = settings["enabledManagers"]
    managers = [_MANAGERS[ecosystem] for ecosystem in needs]
    problems = [
        Problem(f"{path} does not enable {manager}", path, chosen.line)
        for manager in managers
        if chosen and manager not in chosen.texts()
    ]
    return problems + [
        Problem(f"{path} switches {manager} off", path, settings[manager].line)
        for manager in managers
        if settings[manager]["enabled"].value is False
    ]


CHECK = Check(
    id="dependency-updates",
    title="A bot proposes updates of Go modules, actions and base images",
    level=Level.SILVER,
    area="Delivery",
    applies_to="Services with a go.mod, a Dockerfile or a workflow",
    rationale=(
        "What is pinned stays old until somebody raises it. A pull request a week, judged by CI, keeps every step "
        "small; without it, the first update comes with the first CVE, over many versions and in a hurry."
    ),
    fix=(
        "Let Dependabot look at every folder that has something of each kind.\n\n"
        "```yaml\n"
        "# .github/dependabot.yml\n"
        "version: 2\n"
        "updates:\n"
        "  - {package-ecosystem: gomod, directory: /, schedule: {interval: weekly}}\n"
        "  - {package-ecosystem: github-actions, directory: /, schedule: {interval: weekly}}\n"
        "  - {package-ecosystem: docker, directory: /deployments/docker, schedule: {interval: weekly}}\n"
        "```\n\n"
        "Renovate does as well: with `config:recommended` it finds all three by itself."
    ),
    judge=judge,
    source=("https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference"),
)
