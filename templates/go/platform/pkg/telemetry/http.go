package telemetry

import (
	"context"
	"net/http"
	"slices"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Handler gives every request a span, as a part of the caller's trace if the
// request has one. Queries and bodies are not recorded. Statuses from 500 mark
// the span as failed; others do not, as they are the client's. When tracing is
// off, it only reads the caller's headers.
func (t *Telemetry) Handler(next http.Handler) http.Handler {
	if !t.Enabled() {
		return t.readHeaders(next)
	}
	return otelhttp.NewHandler(next, "",
		otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(t.propagator),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return method(r.Method) }),
	)
}

func (t *Telemetry) readHeaders(next http.Handler) http.Handler {
	fields := t.propagator.Fields()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.ContainsFunc(fields, func(name string) bool { return r.Header.Get(name) != "" }) {
			r = r.WithContext(t.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header)))
		}
		next.ServeHTTP(w, r)
	})
}

// Transport sends the trace of the request's context along, with a span of its own.
func (t *Telemetry) Transport(base http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(base,
		otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(t.propagator),
	)
}

// SetRoute names the span of a request once its route is known. route must be
// the pattern ("/tasks/:id"), never the path: spans are grouped by name.
func SetRoute(ctx context.Context, httpMethod, route string) {
	span := trace.SpanFromContext(ctx)
	span.SetName(method(httpMethod) + " " + route)
	span.SetAttributes(semconv.HTTPRoute(route))
}

// TraceID returns the trace that the context is a part of, or "".
func TraceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}

// method keeps clients from inventing names of spans.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return name
	default:
		return "HTTP"
	}
}
