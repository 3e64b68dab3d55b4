"""go.mod and go.sum say what the code needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks._gomodules import Module, files, modules
from conformance.checks._kept import shared
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.examining.check import Check, Evidence, Finding, failed, not_applicable, passed
from conformance.examining.parser import MODULE
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge every module: sums for all that is required, no requirement twice, none unused, none missing."""
    found = modules(subject)
    orphan = next((path for path in _outside(subject, found)), "")
    if orphan:
        return failed(f"There is no go.mod for {orphan}.", Evidence(orphan))
    if not found:
        return not_applicable("There is no go.mod.")
    problems = [problem for each in found for problem in _problems(subject, each)]
    if problems:
        return failed_by(problems)
    number = sum(len(each.fact["require"]) for each in found)
    places = [Evidence(path) for each in found for path in (each.path, each.sums) if subject.has(path)]
    return passed(f"{counted(number, 'requirement')}, each with its sums and each once.", *places)


def _outside(subject: Subject, found: list[Module]) -> Iterator[str]:
    """Yield the Go files in a service's usual places that no module holds: go.mod was removed, or lies elsewhere."""
    folders = tuple(module.path.removesuffix("go.mod") for module in found)
    for path in subject.paths("cmd/**/*.go", "internal/**/*.go"):
        if not path.startswith(folders):
            yield path


def _problems(subject: Subject, module: Module) -> Iterator[Problem]:
    requires = module.fact["require"]
    twice = {path for path, number in Counter(each["path"] for each in requires).items() if number > 1}
    for each in requires:
        if each["path"] in twice:
            yield Problem(f"{module.path} requires {cut(each['path'])} twice", module.path, each["line"])
    if requires and not subject.has(module.sums):
        yield Problem(
            f"{module.path} has requirements, and there is no {module.sums}", module.path, requires[0]["line"]
        )
    elif requires:
        yield from _without_sums(subject, module)
    yield from _against_imports(subject, module)


def _without_sums(subject: Subject, module: Module) -> Iterator[Problem]:
    entries = frozenset(subject.fact("gosum", module.sums)["entries"])
    for each in module.fact["require"]:
        path, version = _replaced(module, each)
        # Of a module that only a dependency needs, go.mod may be all that was read.
        needed = [f"{path} {version}/go.mod", *([] if each["indirect"] else [f"{path} {version}"])]
        if version and not entries.issuperset(needed):
            words = f"{module.sums} lacks the sums of {cut(path)} {cut(version)}"
            yield Problem(words, module.path, each["line"])


def _replaced(module: Module, require: Mapping[str, Any]) -> tuple[str, str]:
    """Return path and version of what is taken for a requirement; no version when it is a folder, which has no sums."""
    for each in module.fact["replace"]:
        if each["old"] == require["path"] and each["oldVersion"] in ("", require["version"]):
            return each["new"], each["newVersion"]
    return require["path"], require["version"]


def _against_imports(subject: Subject, module: Module) -> Iterator[Problem]:
    """Yield what `go mod tidy` would add, remove or mark otherwise, by the imports of the module's Go files."""
    if any(path.endswith(".go") for path in subject.omitted):
        return
    requires = {each["path"]: each for each in module.fact["require"]}
    imported = {path: (_provider(path, requires), place) for path, place in _imported(subject, module).items()}
    for path, (provider, place) in imported.items():
        if not provider and not _is_own(path, module):
            yield Problem(f"{cut(path)} is imported, and {module.path} does not require it", place.path, place.line)
    used = {provider for provider, _ in imported.values()}
    tools = {_provider(each["path"], requires) for each in module.fact["tool"]}
    for path, each in requires.items():
        if not each["indirect"] and path not in used | tools:
            yield Problem(f"{module.path} requires {cut(path)}, which nothing imports", module.path, each["line"])
        elif each["indirect"] and path in used:
            yield Problem(f"{module.path} calls {cut(path)} indirect, and it is imported", module.path, each["line"])


def _imported(subject: Subject, module: Module) -> dict[str, Evidence]:
    """Return the packages from outside the standard library that the module's files import, and where."""
    found: dict[str, Evidence] = {}
    for path in files(subject, module):
        for package, line in _foreign(subject.fact("gotest" if path.endswith("_test.go") else "gosource", path)):
            if package not in found:
                found[package] = Evidence(path, line)
    return found


@shared
def _foreign(fact: Any) -> list[tuple[str, int]]:
    """Return the imports of a file from outside the standard library, with their lines."""
    return [(each["path"], each["line"]) for each in fact["imports"] if "." in each["path"].partition("/")[0]]


def _provider(package: str, requires: Mapping[str, Any]) -> str:
    """Return the required module with the longest path that a package lies in; empty when there is none."""
    name = package
    while name and name not in requires:
        name = name.rpartition("/")[0]
    return name


def _is_own(package: str, module: Module) -> bool:
    return any(package == own or package.startswith(f"{own}/") for own in (MODULE, module.fact["module"]))


CHECK = Check(
    id="go-modules-tidy",
    title="go.mod and go.sum are tidy",
    level=Level.SILVER,
    area="Go",
    applies_to="Services with a go.mod",
    rationale=(
        "go.sum is what keeps a dependency from changing under its version: without the sums a build fails, or "
        "takes what it gets. Requirements that nothing imports are updated, scanned and reported for nothing; ones "
        "that are missing break the next clean build."
    ),
    fix=(
        "Let Go do it, and let CI see that it stays so:\n\n"
        "```sh\n"
        "go mod tidy\n"
        "go mod tidy -diff   # in CI: fails when something would change\n"
        "```"
    ),
    judge=judge,
    source="https://go.dev/ref/mod#go-mod-tidy",
)
