"""The service writes structured log records only."""

from __future__ import annotations

from conformance.checks._gocode import GoFile, code, no_program
from conformance.checks._kept import shared
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

LIBRARIES = ("log/slog", "go.uber.org/zap", "github.com/rs/zerolog", "github.com/sirupsen/logrus")
_PRINTS = frozenset(
    {f"fmt.{name}" for name in ("Print", "Printf", "Println")}
    | {f"log.{verb}{form}" for verb in ("Print", "Fatal", "Panic") for form in ("", "f", "ln")}
    | {"print", "println"}
)


def judge(subject: Subject) -> Finding:
    """Judge the code that runs: a structured logger is imported, and nothing prints by fmt or log."""
    nothing = no_program(subject)
    if nothing:
        return nothing
    running = [each for each in code(subject) if not each.is_generated]
    printed = [problem for each in running if not each.is_tool for problem in _printed(each)]
    if printed:
        return failed_by(printed)
    places = [place for each in running for place in _loggers(each)]
    if not places:
        return failed("No code imports a structured logger: log/slog, zap, zerolog or logrus.", *_mains(running))
    return passed("Logs are written by a structured logger, and nothing is printed beside them.", *places)


@shared
def _loggers(each: GoFile) -> list[Evidence]:
    return each.imports(*LIBRARIES)


@shared
def _printed(each: GoFile) -> list[Problem]:
    return [
        Problem(f"{each.path} calls {cut(call['name'])}", each.path, call["line"])
        for name, call in each.calls
        if name in _PRINTS
    ]


def _mains(files: list[GoFile]) -> list[Evidence]:
    return [Evidence(each.path) for each in files if each.fact["package"] == "main"]


CHECK = Check(
    id="structured-logs",
    title="Logs are structured",
    level=Level.SILVER,
    area="Operations",
    applies_to="Services with a Go program",
    rationale=(
        "Whoever looks for one request among millions filters by fields: level, trace, user, status. A printed line "
        "has none, and one that is printed between records breaks the reader of the log. Tests, generated code and "
        "commands below `cmd/` and `tools/` may print: they talk to people."
    ),
    fix=(
        "Write records with names and values, by a logger that is handed in:\n\n"
        "```go\n"
        '// not: log.Printf("payment %s failed: %v", id, err)\n'
        'logger.ErrorContext(ctx, "payment failed", slog.String("payment_id", id), slog.Any("error", err))\n'
        "```\n\n"
        "The linters `forbidigo` and `sloglint` of golangci-lint keep it so."
    ),
    judge=judge,
    source="https://pkg.go.dev/log/slog",
)
