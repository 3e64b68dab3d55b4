package grpcserver

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/metrics"
)

// Metrics measures calls: rate, errors and duration by method and code, and how
// many are in flight. Messages over the limit of their size are refused before
// there is a call to be measured.
type Metrics struct {
	started  *prometheus.CounterVec
	handled  *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewMetrics registers the call metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		started: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grpc_server_calls_started_total",
			Help: "Calls that have begun, by method and type.",
		}, []string{"method", "type"}),
		handled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grpc_server_calls_handled_total",
			Help: "Calls that have ended, by method, type and code.",
		}, []string{"method", "type", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "grpc_server_call_duration_seconds",
			Help:    "Time to answer a call, by method, type and code.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "type", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "grpc_server_calls_in_flight",
			Help: "Calls that are being answered now.",
		}),
	}
	registry.MustRegister(m.started, m.handled, m.duration, m.inFlight)
	return m
}

// measure counts a call in and out. When the context holds a sampled trace, that
// trace is the exemplar of the measurement.
func (m *Metrics) measure(ctx context.Context, c *call, next func(context.Context) error) error {
	begin := time.Now()
	m.started.WithLabelValues(c.method, c.kind).Inc()
	m.inFlight.Inc()
	defer m.inFlight.Dec()
	err := next(ctx)
	code := status.Code(err).String()
	m.handled.WithLabelValues(c.method, c.kind, code).Inc()
	metrics.Observe(ctx, m.duration.WithLabelValues(c.method, c.kind, code), time.Since(begin))
	return err
}
