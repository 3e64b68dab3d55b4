package grpcclient

import (
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
)

// Telemetry makes spans and writes their headers; telemetry.Telemetry is one.
type Telemetry interface {
	// TracerProvider makes the spans.
	TracerProvider() trace.TracerProvider
	// Propagator writes the trace into metadata.
	Propagator() propagation.TextMapPropagator
}

// tracing gives every attempt a span and sends the trace along. Messages are not
// recorded, measurements are not taken twice, and gRPC does not trace its own
// watching of health.
func tracing(telemetry Telemetry) grpc.DialOption {
	if telemetry == nil {
		return grpc.EmptyDialOption{}
	}
	return grpc.WithStatsHandler(otelgrpc.NewClientHandler(
		otelgrpc.WithTracerProvider(telemetry.TracerProvider()),
		otelgrpc.WithPropagators(telemetry.Propagator()),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()),
	))
}
