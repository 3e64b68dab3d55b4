"""HTTP servers have timeouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks._gocode import GoFile, code
from conformance.checks._kept import shared
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_TIMEOUTS = frozenset({"ReadHeaderTimeout", "ReadTimeout"})
_WITHOUT = frozenset(f"net/http.{name}" for name in ("ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS"))
_FRAMEWORKS = {
    "github.com/gin-gonic/gin": (".Run", ".RunTLS"),
    "github.com/labstack/echo": (".Start", ".StartTLS"),
}
"""Frameworks, and their methods that listen with a server of their own making, which has no timeouts."""


def judge(subject: Subject) -> Finding:
    """Judge every http.Server of the code, and every call that makes one without timeouts."""
    running = [each for each in code(subject) if not each.is_generated]
    servers = [place for each in running for place in _servers(each)]
    loose = [problem for each in running for problem in _loose(each)]
    loose += [problem for each in running for problem in _shortcuts(each)]
    if loose:
        return failed_by(loose)
    if not servers:
        return not_applicable("There is no http.Server in the Go code.")
    return passed(
        "Every http.Server limits how long a request may take to arrive.",
        *servers,
    )


@shared
def _servers(each: GoFile) -> list[Evidence]:
    return [Evidence(each.path, found["line"]) for found in each.composed("net/http.Server")]


@shared
def _loose(each: GoFile) -> list[Problem]:
    words = f"The http.Server in {each.path} sets neither ReadHeaderTimeout nor ReadTimeout"
    servers = each.composed("net/http.Server")
    return [Problem(words, each.path, found["line"]) for found in servers if _TIMEOUTS.isdisjoint(found["keys"])]


@shared
def _shortcuts(each: GoFile) -> list[Problem]:
    return list(_unlimited(each))


def _unlimited(each: GoFile) -> Iterator[Problem]:
    """Yield the calls that make a server without timeouts."""
    methods = tuple(name for package, names in _FRAMEWORKS.items() if each.imports(package) for name in names)
    for name, call in each.calls:
        if name in _WITHOUT or (methods and call["name"].endswith(methods) and _names_address(call)):
            words = f"{each.path} calls {cut(call['name'])}, which serves without timeouts"
            yield Problem(words, each.path, call["line"])


def _names_address(call: Mapping[str, Any]) -> bool:
    """Tell whether the first argument is an address, as in `router.Run(":8080")`."""
    return bool(call["args"]) and ":" in (call["args"][0] or "")


CHECK = Check(
    id="server-timeouts",
    title="HTTP servers have timeouts",
    level=Level.SILVER,
    area="Go",
    applies_to="Services whose Go code makes an HTTP server",
    rationale=(
        "A client that sends one byte of its headers a minute keeps a connection and a goroutine for ever. A few "
        "thousand of them, which one laptop can open, stop the service (Slowloris). `http.ListenAndServe` and an "
        "`http.Server` without timeouts wait without end."
    ),
    fix=(
        "Make the server yourself and set its limits:\n\n"
        "```go\n"
        "server := &http.Server{\n"
        '\tAddr:              ":8080",\n'
        "\tHandler:           router,\n"
        "\tReadHeaderTimeout: 5 * time.Second,\n"
        "\tReadTimeout:       30 * time.Second,\n"
        "\tIdleTimeout:       2 * time.Minute,\n"
        "}\n"
        "```\n\n"
        "The timeouts must stand in the literal: what is assigned afterwards cannot be seen here."
    ),
    judge=judge,
    source="https://pkg.go.dev/net/http#Server",
)
