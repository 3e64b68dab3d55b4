package rediscache

import (
	"context"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

func instrument(client *redis.Client, provider trace.TracerProvider) error {
	return redisotel.InstrumentTracing(client,
		redisotel.WithTracerProvider(withinSpans{provider}),
		redisotel.WithDBStatement(false),
		redisotel.WithCallerEnabled(false),
		redisotel.WithDialFilter(true),
	)
}

// withinSpans makes spans only where there is one already. The hooks of the client
// can filter by command but not by context, so they are given a tracer that does.
type withinSpans struct{ trace.TracerProvider }

// Tracer returns a tracer of the provider that starts no traces.
func (p withinSpans) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	return withinSpansTracer{p.TracerProvider.Tracer(name, opts...)}
}

type withinSpansTracer struct{ trace.Tracer }

// Start starts a span if ctx has one, and otherwise a span that records nothing.
func (t withinSpansTracer) Start(
	ctx context.Context, name string, opts ...trace.SpanStartOption,
) (context.Context, trace.Span) {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, noop.Span{}
	}
	return t.Tracer.Start(ctx, name, opts...)
}
