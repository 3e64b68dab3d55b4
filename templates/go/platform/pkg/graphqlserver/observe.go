package graphqlserver

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/metrics"
)

// Outcomes of operations, for the metric.
const (
	outcomeOK      = "ok"
	outcomeRefused = "refused" // the client must do something else
	outcomeFailed  = "failed"  // the service, or something that it needs
)

// Metrics measures operations and streams. No label is chosen by clients.
type Metrics struct {
	duration      *prometheus.HistogramVec
	refusals      *prometheus.CounterVec
	subscriptions prometheus.Gauge
	connections   prometheus.Gauge
	ends          *prometheus.CounterVec
}

// NewMetrics registers the metrics of GraphQL.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "graphql_operation_duration_seconds",
			Help:    "Time to run a query or mutation, by type and outcome (ok, refused, failed).",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"type", "outcome"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "graphql_requests_refused_total",
			Help: "Requests of which nothing was run, by reason.",
		}, []string{"reason"}),
		subscriptions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "graphql_subscriptions_active",
			Help: "Subscriptions that are open now.",
		}),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "graphql_websockets_active",
			Help: "WebSockets that are open now.",
		}),
		ends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "graphql_subscriptions_ended_total",
			Help: "Subscriptions that have ended, by why.",
		}, []string{"why"}),
	}
	registry.MustRegister(m.duration, m.refusals, m.subscriptions, m.connections, m.ends)
	// A counter that appears with its first event hides that event from rate().
	for _, why := range []string{endCompleted, endLeft, endExpired, endStopping, endFailed} {
		m.ends.WithLabelValues(why)
	}
	return m
}

func (m *Metrics) executed(ctx context.Context, op *operation, outcome string, took time.Duration) {
	metrics.Observe(ctx, m.duration.WithLabelValues(string(op.kind), outcome), took)
}

// refused counts a refusal. Reasons are constants of this package and of gqlgen.
func (m *Metrics) refused(reason string) { m.refusals.WithLabelValues(reason).Inc() }

func (m *Metrics) ended(why string) { m.ends.WithLabelValues(why).Inc() }

func outcomeOf(errs gqlerror.List) string {
	outcome := outcomeOK
	for _, told := range errs {
		if _, failed := levelOf(told); failed {
			return outcomeFailed
		}
		outcome = outcomeRefused
	}
	return outcome
}

// startOperation starts the span of an operation. Its name is the type alone, as
// the semantic conventions want it: clients invent names. Documents and variables
// are left out: they hold what users write.
func (s *Server) startOperation(ctx context.Context, op *operation) (context.Context, trace.Span) {
	return s.tracer.Start(ctx, string(op.kind), trace.WithAttributes(
		attribute.String("graphql.operation.type", string(op.kind)),
		attribute.String("graphql.operation.name", op.name),
	))
}

func endOperation(span trace.Span, errs gqlerror.List) {
	if len(errs) > 0 {
		markFailed(span, reasonOf(errs[0]))
	}
	span.End()
}

// markFailed records the reason of an error, not its text.
func markFailed(span trace.Span, reason string) {
	span.SetStatus(codes.Error, reason)
	span.SetAttributes(attribute.String("error.type", reason))
}
