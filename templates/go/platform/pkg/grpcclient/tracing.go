package grpcclient

import (
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// Telemetry makes spans and writes their headers; telemetry.Telemetry is one.
type Telemetry interface {
	// TracerProvider makes the spans.
	TracerProvider() trace.TracerProvider
	// Propagator writes the trace into metadata.
	Propagator() propagation.TextMapPropagator
}

// tracing gives every attempt a span and sends the trace along. Messages are not
// recorded, and measurements are not taken twice.
func tracing(telemetry Telemetry) grpc.DialOption {
	if telemetry == nil {
		return grpc.EmptyDialOption{}
	}
	return grpc.WithStatsHandler(otelgrpc.NewClientHandler(
		otelgrpc.WithTracerProvider(telemetry.TracerProvider()),
		otelgrpc.WithPropagators(telemetry.Propagator()),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return !isProbe(info.FullMethodName) }),
	))
}

// isProbe reports whether the channel calls by itself, to watch health.
func isProbe(method string) bool { return strings.HasPrefix(method, "/grpc.health.v1.Health/") }
