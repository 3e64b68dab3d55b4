package grpcserver

import (
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// Telemetry makes spans and reads their headers; telemetry.Telemetry is one.
type Telemetry interface {
	// TracerProvider makes the spans.
	TracerProvider() trace.TracerProvider
	// Propagator reads the caller's trace.
	Propagator() propagation.TextMapPropagator
}

// tracing gives every call a span, as a part of the caller's trace if there is
// one. Probes have none, messages are not recorded, and measurements are not
// taken twice.
func tracing(telemetry Telemetry) grpc.ServerOption {
	if telemetry == nil {
		return grpc.EmptyServerOption{}
	}
	return grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(telemetry.TracerProvider()),
		otelgrpc.WithPropagators(telemetry.Propagator()),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return !probes.has(info.FullMethodName) }),
	))
}
