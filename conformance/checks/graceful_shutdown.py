"""The service ends its work when it is asked to stop."""

from __future__ import annotations

from conformance.checks._gocode import GoFile, code, no_program, servers
from conformance.checks._kept import shared
from conformance.examining.check import Check, Evidence, Finding, failed, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_SIGNALS = ("os/signal.NotifyContext", "os/signal.Notify")
_STOPS = (".Shutdown", ".ShutdownWithContext", ".ShutdownWithTimeout", ".GracefulStop")
_SERVES = (
    "net/http", "google.golang.org/grpc", "github.com/valyala/fasthttp", "github.com/gofiber/fiber",
    "github.com/labstack/echo",
)  # fmt: skip
"""What a file imports whose Shutdown is one of a server, and not of a tracer."""


def judge(subject: Subject) -> Finding:
    """Judge the code: a signal is heard, and a server is shut down."""
    nothing = no_program(subject)
    if nothing:
        return nothing
    made = servers(subject)
    if not made:
        return not_applicable("The program makes no HTTP or gRPC server.")
    heard = [place for each in code(subject) for place in _heard(each)]
    stopped = [place for each in code(subject) for place in _stopped(each)]
    if not heard:
        return failed(
            "No code calls signal.NotifyContext or signal.Notify: SIGTERM ends the process in mid-request.", *made
        )
    if not stopped:
        return failed("No code calls Shutdown or GracefulStop of a server: requests under way are cut off.", *made)
    return passed("On a signal the servers finish what is under way.", *heard, *stopped)


@shared
def _heard(each: GoFile) -> list[Evidence]:
    return [Evidence(each.path, call["line"]) for name, call in each.calls if name in _SIGNALS]


@shared
def _stopped(each: GoFile) -> list[Evidence]:
    if not each.imports(*_SERVES):
        return []
    return [Evidence(each.path, call["line"]) for _, call in each.calls if call["name"].endswith(_STOPS)]


CHECK = Check(
    id="graceful-shutdown",
    title="The service shuts down gracefully",
    level=Level.SILVER,
    area="Go",
    applies_to="Services with a Go program that serves HTTP or gRPC",
    rationale=(
        "Kubernetes stops pods with every deployment, every drained node and every scaling down: it sends SIGTERM, "
        "waits, then kills. A program that does not listen drops the requests that it is working on, and its users "
        "see errors whenever something is deployed."
    ),
    fix=(
        "Turn the signal into a cancelled context, and shut the server down with a limit:\n\n"
        "```go\n"
        "ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)\n"
        "defer stop()\n"
        "go func() {\n"
        "\t<-ctx.Done()\n"
        "\tlimit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)\n"
        "\tdefer cancel()\n"
        "\t_ = server.Shutdown(limit)\n"
        "}()\n"
        "```\n\n"
        "For gRPC call `server.GracefulStop()`. Keep the pod's `terminationGracePeriodSeconds` above the limit."
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
)
