"""The API's description is linted, and a change that breaks its callers is found."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.checks._ci import ci
from conformance.checks._commands import Command, Use
from conformance.checks._contracts import graphql, openapi, protobuf
from conformance.checks._presence import Sought, evidence
from conformance.checks._tools import options
from conformance.checks._words import listed
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_LINTS = {
    "spectral": ("lint",), "redocly": ("lint",), "vacuum": ("lint",), "openapi-generator": ("validate",),
    "openapi-generator-cli": ("validate",), "vacuum-cli": ("lint",),
}  # fmt: skip
_COMPARES = {
    "oasdiff": ("breaking", "changelog"), "openapi-diff": (), "optic": ("diff",),
    "openapi-changes": ("summary", "report"),
}  # fmt: skip
_COMPARES_SCHEMAS = {
    "graphqldiff": (), "graphql-inspector": ("diff",), "rover": ("check",), "hive": ("schema:check",),
}  # fmt: skip
"""Tools, and the words of which one makes a call of them the deed; none means any call."""
_LINT_ACTIONS = ("stoplightio/spectral-action", "pb33f/vacuum-action", "redocly/redocly-cli-action")
_COMPARE_ACTIONS = ("oasdiff/oasdiff-action", "opticdev/action")
_BUF_ACTIONS = ("bufbuild/buf-action", "bufbuild/buf-setup-action")


def judge(subject: Subject) -> Finding:
    """Judge what CI does with contracts: lint OpenAPI and protobuf, as no build does, and compare all with before."""
    documents, protos, schemas = openapi(subject), protobuf(subject), graphql(subject)
    if not documents and not protos and not schemas:
        return not_applicable("There is no OpenAPI document, no protobuf file and no GraphQL schema.")
    wanted = [
        *(_OPENAPI if documents else ()),
        *(_PROTOBUF if protos else ()),
        *(_GRAPHQL if schemas else ()),
    ]
    found = [
        (sought, [place for is_tolerated, place in evidence(subject, sought) if not is_tolerated]) for sought in wanted
    ]
    missing = [sought.words for sought, places in found if not places]
    if not missing:
        return passed(
            f"In CI, {listed(sought.words for sought in wanted)}.", *(place for _, places in found for place in places)
        )
    unseen = ci(subject).unseen
    if unseen:
        where = unseen[0].evidence()
        return inconclusive(f"It cannot be seen whether {listed(missing)}: CI calls {unseen[0].action}.", where)
    return failed(
        f"Nothing in CI sees to it that {listed(missing)}.",
        *(Evidence(path) for path in (*documents, *protos, *schemas)),
    )


def _compares_schemas(command: Command) -> bool:
    return _does(command, _COMPARES_SCHEMAS)


def _lints(command: Command) -> bool:
    return _does(command, _LINTS)


def _compares(command: Command) -> bool:
    # A changelog only tells; with --fail-on it judges.
    if command.is_any("oasdiff") and "changelog" in command.arguments:
        return bool(options(command.arguments, "--fail-on", "-o"))
    return _does(command, _COMPARES)


def _does(command: Command, tools: Mapping[str, tuple[str, ...]]) -> bool:
    words = next((words for tool, words in tools.items() if command.is_any(tool)), None)
    return words is not None and (not words or bool(set(words) & set(command.arguments)))


def _buf(verb: str) -> Sought:
    def command(each: Command) -> bool:
        return each.is_any("buf") and verb in each.arguments

    def use(each: Use) -> bool:
        if each.is_any(f"bufbuild/buf-{verb}-action"):
            return True
        return each.is_any(_BUF_ACTIONS[0]) and each.inputs[verb].value is not False

    words = "protobuf files are linted" if verb == "lint" else "protobuf files are compared with what was"
    return Sought(words, command, use)


_OPENAPI = (
    Sought("the OpenAPI document is linted", _lints, lambda use: use.is_any(*_LINT_ACTIONS)),
    Sought("it is compared with what was", _compares, lambda use: use.is_any(*_COMPARE_ACTIONS)),
)
_PROTOBUF = (_buf("lint"), _buf("breaking"))
_GRAPHQL = (
    Sought(
        "the GraphQL schema is compared with what was",
        _compares_schemas,
        lambda use: use.is_any("kamilkisiela/graphql-inspector", "the-guild-org/graphql-inspector"),
    ),
)

CHECK = Check(
    id="api-contract",
    title="The API contract is linted and its breaking changes are found",
    level=Level.GOLD,
    area="API",
    applies_to="Services with an OpenAPI document, protobuf files or a GraphQL schema",
    rationale=(
        "Callers are built from the document. A field that is renamed or becomes required breaks them when the "
        "service is deployed, and its own tests, which were changed along, are green. A comparison with the default "
        "branch finds it in the pull request. A linter keeps names, errors and examples as the organisation has "
        "them."
    ),
    fix=(
        "For OpenAPI:\n\n"
        "```yaml\n"
        "- run: npx --yes @redocly/cli@2 lint api/rest/openapi.yaml\n"
        "- run: |\n"
        "    git show origin/main:api/rest/openapi.yaml > before.yaml\n"
        "    go run github.com/oasdiff/oasdiff@v1.11.7 breaking --fail-on ERR before.yaml api/rest/openapi.yaml\n"
        "```\n\n"
        "For protobuf:\n\n"
        "```yaml\n"
        "- run: buf lint\n"
        "- run: buf breaking --against '.git#branch=origin/main'\n"
        "```\n\n"
        "For GraphQL:\n\n"
        "```yaml\n"
        "- run: npx --yes @graphql-inspector/cli@6 diff 'git:origin/main:api/graphql/schema.graphqls' "
        "api/graphql/schema.graphqls\n"
        "```"
    ),
    judge=judge,
    source="https://github.com/oasdiff/oasdiff/blob/main/docs/BREAKING-CHANGES.md",
)
