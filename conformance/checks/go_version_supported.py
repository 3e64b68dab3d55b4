"""The Go version is one that still gets security fixes."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks import _goversions
from conformance.checks._ci import ci
from conformance.checks._commands import Use
from conformance.checks._gomodules import Module, modules
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

OLDEST_SUPPORTED = (1, 26)
"""The older of the two newest Go releases: 1.26 and 1.27, as of November 2026. 1.28 is due in February 2027."""
_NEWEST = ("stable", "oldstable", "latest", "1.x", "x", "*")
_OPERATORS = "^~>=v "


def judge(subject: Subject) -> Finding:
    """Judge every go.mod, and the versions that workflows set up for it."""
    found = modules(subject)
    if not found:
        return not_applicable("There is no go.mod.")
    problems = [problem for each in found for problem in _problems(each)]
    newest = max(((_goversions.parsed(each.fact["go"]) or (0, 0, 0)), each.fact["go"]) for each in found)
    problems += [problem for each in ci(subject).uses for problem in _older(each, *newest)]
    if problems:
        return failed_by(problems)
    places = [Evidence(each.path, each.fact["goLine"]) for each in found]
    return passed(
        f"The module asks for Go {cut(newest[1])}, which is supported, and CI sets up none that is older.", *places
    )


def _problems(module: Module) -> Iterator[Problem]:
    fact = module.fact
    version = _goversions.parsed(fact["go"])
    oldest = ".".join(map(str, OLDEST_SUPPORTED))
    if not fact["go"]:
        yield Problem(f"{module.path} has no go directive, which means Go 1.16", module.path, fact["moduleLine"])
    elif version is None:
        yield Problem(f"{module.path} names no Go version: {cut(fact['go'])}", module.path, fact["goLine"])
    elif version[:2] < OLDEST_SUPPORTED:
        words = f"{module.path} asks for Go {cut(fact['go'])}; releases before {oldest} get no security fixes"
        yield Problem(words, module.path, fact["goLine"])
    toolchain = _goversions.parsed(fact["toolchain"].partition("-")[0])
    if version and toolchain and toolchain < version:
        words = f"{module.path} names the toolchain {cut(fact['toolchain'])}, older than its go {cut(fact['go'])}"
        yield Problem(words, module.path, fact["toolchainLine"])


def _older(use: Use, version: _goversions.Version, name: str) -> Iterator[Problem]:
    """Yield a problem for every version of a setup-go step that is older than what the module asks for."""
    if not use.is_any("actions/setup-go") or use.inputs["go-version-file"]:
        return
    node = use.inputs["go-version"]
    for text in _versions(use, node.text):
        # A version without patch is the newest patch of it.
        given = _goversions.parsed(text.strip(_OPERATORS).removesuffix(".x"), _goversions.NEWEST_PATCH)
        is_open = text in _NEWEST or text.startswith(("^", ">"))
        if given and not is_open and given < version:
            yield Problem(f"CI sets up Go {cut(text)}, older than the {cut(name)} of go.mod", use.path, node.line)


def _versions(use: Use, text: str) -> list[str]:
    """Return the versions that an input stands for: itself, or the values of an axis of the job's matrix."""
    inner = text.strip().removeprefix("${{").removesuffix("}}").strip()
    if not inner.startswith("matrix."):
        return [text.strip()]
    job = use.origin.workflow.document["jobs"][use.origin.job]
    return job.at("strategy.matrix")[inner.removeprefix("matrix.")].texts()


CHECK = Check(
    id="go-version-supported",
    title="The Go version is supported",
    level=Level.SILVER,
    area="Go",
    applies_to="Services with a go.mod",
    rationale=(
        "The Go team fixes security holes in the two newest releases only; in November 2026 these are 1.26 and "
        "1.27. A module that asks for an older one may be built with it, with holes that everybody knows. CI that "
        "sets up an older version than go.mod asks for either fails or downloads another one without saying so."
    ),
    fix=(
        "Raise the directive, and let CI read it:\n\n"
        "```sh\n"
        "go get go@1.26 && go mod tidy\n"
        "```\n\n"
        "```yaml\n"
        "- uses: actions/setup-go@<commit>\n"
        "  with: {go-version-file: go.mod, check-latest: true}\n"
        "```"
    ),
    judge=judge,
    source="https://go.dev/doc/devel/release#policy",
)
