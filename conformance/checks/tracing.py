"""The service sends traces and passes the context on."""

from __future__ import annotations

from dataclasses import replace

from conformance.checks._gocode import GoFile, code, is_below, no_program
from conformance.checks._kept import shared
from conformance.checks._words import listed
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_OTEL = "go.opentelemetry.io/otel"
_PROVIDER = (f"{_OTEL}/sdk/trace.NewTracerProvider",)
_PROPAGATOR = (
    f"{_OTEL}.SetTextMapPropagator", f"{_OTEL}/propagation.NewCompositeTextMapPropagator",
    f"{_OTEL}/propagation.TraceContext",
)  # fmt: skip
_INSTRUMENTATION = (
    "go.opentelemetry.io/contrib/instrumentation", "github.com/riandyrn/otelchi", "connectrpc.com/otelconnect",
    "github.com/gofiber/contrib/otelfiber",
)  # fmt: skip
_SERVER_SIDE = frozenset({
    "NewHandler", "NewMiddleware", "Middleware", "NewServerHandler", "UnaryServerInterceptor",
    "StreamServerInterceptor", "OTelFilter", "NewInterceptor",
})  # fmt: skip
"""What these packages call the part that wraps a server; the other part wraps clients."""


def judge(subject: Subject) -> Finding:
    """Judge the code: a tracer provider of the SDK, a propagator, and a server that is instrumented."""
    nothing = no_program(subject)
    if nothing:
        return nothing
    files = code(subject)
    found = {
        "a tracer provider of the SDK": [place for each in files for place in _providers(each)],
        "a propagator": [place for each in files for place in _propagators(each)],
        "an instrumented server": [place for each in files for place in _instrumented(each)],
    }
    missing = [what for what, places in found.items() if not places]
    places = [replace(place, note=what) for what, each in found.items() for place in each]
    if missing:
        return failed(f"OpenTelemetry is not complete: the code lacks {listed(missing)}.", *places)
    return passed("Requests are traced by OpenTelemetry, and their context is taken in and passed on.", *places)


@shared
def _providers(each: GoFile) -> list[Evidence]:
    return _named(each, _PROVIDER)


@shared
def _propagators(each: GoFile) -> list[Evidence]:
    return _named(each, _PROPAGATOR)


def _named(each: GoFile, names: tuple[str, ...]) -> list[Evidence]:
    """Return where the file calls one of these functions or composes one of these types."""
    calls = [call["line"] for name, call in each.calls if name in names]
    composed = [found["line"] for found in each.composed(*names)]
    return [Evidence(each.path, line) for line in (*calls, *composed)]


@shared
def _instrumented(each: GoFile) -> list[Evidence]:
    """Return where the file wraps a server: by a known instrumentation, or by taking the context out of a request."""
    known = [call["line"] for name, call in each.calls if _wraps_server(name)]
    extracts = [call["line"] for _, call in each.calls if call["name"].endswith(".Extract") and _carries(each)]
    return [Evidence(each.path, line) for line in (*known, *extracts)]


def _wraps_server(name: str) -> bool:
    package, _, function = name.rpartition(".")
    return function in _SERVER_SIDE and any(is_below(package, known) for known in _INSTRUMENTATION)


def _carries(each: GoFile) -> bool:
    return bool(each.imports(f"{_OTEL}/propagation"))


CHECK = Check(
    id="tracing",
    title="Requests are traced with OpenTelemetry",
    level=Level.GOLD,
    area="Operations",
    applies_to="Services with a Go program",
    rationale=(
        "When a request is slow, the question is where. A trace answers it over all services, if each of them takes "
        "the context of the caller in (`traceparent`, W3C Trace Context), makes spans, and passes it on. One "
        "service without it breaks the trace for all that are behind it."
    ),
    fix=(
        "Set the provider and the propagator up where the process starts, and wrap the server:\n\n"
        "```go\n"
        "provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(resource))\n"
        "otel.SetTracerProvider(provider)\n"
        "otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(\n"
        "\tpropagation.TraceContext{}, propagation.Baggage{}))\n"
        'handler := otelhttp.NewHandler(router, "http")\n'
        "```"
    ),
    judge=judge,
    source="https://opentelemetry.io/docs/languages/go/getting-started/",
)
