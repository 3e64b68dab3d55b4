package grpcclient

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror/grpcstatus"
	"goldpath.local/service/pkg/metrics"
)

// Metrics measures calls by client: rate, errors and duration, how many are in
// flight, and how many attempts they take. A service makes one and gives it to all
// its clients.
type Metrics struct {
	started  *prometheus.CounterVec
	handled  *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	attempts *prometheus.CounterVec
}

// NewMetrics registers the call metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		started: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grpc_client_calls_started_total",
			Help: "Calls that have begun, by target, method and type.",
		}, []string{"target", "method", "type"}),
		handled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grpc_client_calls_handled_total",
			Help: "Calls that have ended, by target, method, type and code.",
		}, []string{"target", "method", "type", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "grpc_client_call_duration_seconds",
			Help:    "Time of calls with all their attempts, by target, method, type and code.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"target", "method", "type", "code"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "grpc_client_calls_in_flight",
			Help: "Calls that have not ended, by target.",
		}, []string{"target"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grpc_client_attempts_started_total",
			Help: "Attempts that calls have taken, by target and method.",
		}, []string{"target", "method"}),
	}
	registry.MustRegister(m.started, m.handled, m.duration, m.inFlight, m.attempts)
	return m
}

// begin counts a call in; the returned function counts it out, once.
func (m *Metrics) begin(ctx context.Context, target, method, kind string) func(error) {
	begin := time.Now()
	m.started.WithLabelValues(target, method, kind).Inc()
	m.inFlight.WithLabelValues(target).Inc()
	return func(err error) {
		code := codeOf(err).String()
		m.inFlight.WithLabelValues(target).Dec()
		m.handled.WithLabelValues(target, method, kind, code).Inc()
		metrics.Observe(ctx, m.duration.WithLabelValues(target, method, kind, code), time.Since(begin))
	}
}

// codeOf returns the code that was received, if one was.
func codeOf(err error) codes.Code {
	if received := status.Code(err); received != codes.Unknown {
		return received
	}
	return grpcstatus.CodeOf(err)
}

// attemptCounter sees the attempts that gRPC makes by itself.
type attemptCounter struct {
	metrics *Metrics
	target  string
}

// TagRPC counts an attempt.
func (c attemptCounter) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	c.metrics.attempts.WithLabelValues(c.target, info.FullMethodName).Inc()
	return ctx
}

// HandleRPC has nothing to do.
func (attemptCounter) HandleRPC(context.Context, stats.RPCStats) {}

// TagConn has nothing to do.
func (attemptCounter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn has nothing to do.
func (attemptCounter) HandleConn(context.Context, stats.ConnStats) {}

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
