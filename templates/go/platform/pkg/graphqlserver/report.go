package graphqlserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/graphqlerror"
	"goldpath.local/service/pkg/graphqlserver/admission"
	"goldpath.local/service/pkg/graphqlserver/limits"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/requestid"
)

// present returns what the client is told about an error: errors of the model as
// graphqlerror has them, what the parser and the rules of validation say as it is,
// and nothing of any other. The log gets the causes of failures.
func (s *Server) present(ctx context.Context, err error) *gqlerror.Error {
	told := presentable(ctx, err)
	if id := requestid.From(ctx); id != "" {
		told.Extensions[graphqlerror.KeyRequestID] = id
	}
	s.report(ctx, told, err)
	return told
}

func presentable(ctx context.Context, err error) *gqlerror.Error {
	var located *gqlerror.Error
	if !errors.As(err, &located) {
		told := graphqlerror.FromError(err)
		told.Path = graphql.GetPath(ctx)
		return told
	}
	told := fromGraphQL(ctx, located)
	told.Path, told.Locations = located.Path, located.Locations
	return told
}

// fromGraphQL tells errors that gqlgen itself makes from those that it wraps.
func fromGraphQL(ctx context.Context, err *gqlerror.Error) *gqlerror.Error {
	code, hasCode := err.Extensions[graphqlerror.KeyCode].(string)
	switch {
	case err.Err != nil:
		return graphqlerror.FromError(err.Err)
	case hasCode:
		extensions := maps.Clone(err.Extensions)
		if _, ok := extensions[graphqlerror.KeyReason]; !ok {
			extensions[graphqlerror.KeyReason] = reasonOfCode(code)
		}
		return &gqlerror.Error{Message: err.Message, Extensions: extensions}
	case err.Path != nil:
		return graphqlerror.FromError(err) // a resolver broke the schema
	case !graphql.HasOperationContext(ctx):
		return graphqlerror.FromError(admission.ErrUnreadable) // its own text quotes the request
	default:
		return graphqlerror.FromError(apierror.New(admission.ErrUnreadable.Kind, admission.ErrUnreadable.Reason, err.Message))
	}
}

func reasonOfCode(code string) string {
	switch code {
	case errcode.ParseFailed:
		return limits.ReasonParse
	case errcode.ValidationFailed:
		return limits.ReasonValidation
	default:
		return code
	}
}

func reasonOf(told *gqlerror.Error) string {
	reason, _ := told.Extensions[graphqlerror.KeyReason].(string)
	return reason
}

// recovered turns a panic of a resolver into an error and logs its stack. The
// process goes on: one bad field must not end the others.
func (s *Server) recovered(ctx context.Context, recovered any) error {
	s.opts.Log.ErrorContext(ctx, "resolver panicked", "stack", string(debug.Stack()))
	return apierror.New(apierror.Internal, "INTERNAL", "internal error").WithCause(fmt.Errorf("panic: %v", recovered))
}

// report logs the first failure of an operation. What clients do wrong is none.
func (s *Server) report(ctx context.Context, told *gqlerror.Error, err error) {
	level, failed := levelOf(told)
	op := operationOf(ctx)
	if !failed || op != nil && op.reported.Swap(true) {
		return
	}
	attrs := []slog.Attr{slog.String("path", told.Path.String()), slog.Any("error", err)}
	if op != nil {
		attrs = append(attrs, slog.String("operation", string(op.kind)), slog.String("name", op.name))
	}
	s.opts.Log.LogAttrs(ctx, level, "operation failed", attrs...)
}

// reasonCanceled is that of apierror for contexts that were cancelled.
const reasonCanceled = "CANCELED"

// levelOf makes defects of the service errors, and what may pass warnings.
func levelOf(told *gqlerror.Error) (level slog.Level, failed bool) {
	if reasonOf(told) == reasonCanceled {
		return slog.LevelInfo, false // the client has gone away
	}
	code, _ := told.Extensions[graphqlerror.KeyCode].(string)
	switch graphqlerror.Kind(code) {
	case apierror.Internal:
		return slog.LevelError, true
	case apierror.Unavailable, apierror.Timeout:
		return slog.LevelWarn, true
	default:
		return slog.LevelInfo, false
	}
}

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
