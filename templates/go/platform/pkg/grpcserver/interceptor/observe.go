package interceptor

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/apierror/grpcstatus"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/requestid"
)

// requestIDKey carries the id of a request in both directions.
var requestIDKey = strings.ToLower(requestid.Header)

// requestID gives every call an id: the caller's, if it is harmless, or a new
// one. It is in the answer and in every log record of the call.
func requestID(ctx context.Context, c *call, next func(context.Context) error) error {
	sent := ""
	if values := metadata.ValueFromIncomingContext(ctx, requestIDKey); len(values) == 1 {
		sent = values[0]
	}
	id := requestid.Accept(sent)
	c.reply.set(requestIDKey, id)
	ctx = requestid.With(ctx, id)
	c.innermost = ctx
	return next(ctx)
}

// logCalls writes one record per call, with the cause of a failure and never with
// what was said. It is the only place that logs errors of handlers. Probes that
// find nothing wrong are not worth a record.
func logCalls(log *slog.Logger) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		begin := time.Now()
		err := next(ctx)
		code := status.Code(err)
		if c.probe && code == codes.OK {
			return err
		}
		attrs := []slog.Attr{
			slog.String("method", c.method),
			slog.String("type", c.kind),
			slog.String("code", code.String()),
			slog.Float64("duration_ms", float64(time.Since(begin).Microseconds())/1000),
			slog.String("peer", peerAddress(ctx)),
		}
		if err != nil {
			attrs = append(attrs, slog.Any("error", err))
		}
		log.LogAttrs(c.innermost, level(code), "call", attrs...) //nolint:contextcheck // it grew out of ctx
		return err
	}
}

// level makes defects of the service errors, and what may pass warnings. What
// clients do wrong, or give up, must not wake anybody.
func level(code codes.Code) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

func peerAddress(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		return p.Addr.String()
	}
	return ""
}

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

// failure is what the client sees and what the log sees of one error.
type failure struct {
	status *status.Status
	cause  error
}

// Error returns the text for the log.
func (f *failure) Error() string { return f.cause.Error() }

// Unwrap returns the error of the handler.
func (f *failure) Unwrap() error { return f.cause }

// GRPCStatus returns what is sent.
func (f *failure) GRPCStatus() *status.Status { return f.status }

// pushbackKey is how servers tell gRPC's own retries when to come back: in
// milliseconds, or -1 for not at all (proposal A6).
const pushbackKey = "grpc-retry-pushback-ms"

// mapErrors answers with the status of what handlers return, and says when to
// try again in the way that clients of gRPC understand.
func mapErrors(domain string) interceptor {
	return func(ctx context.Context, c *call, next func(context.Context) error) error {
		err := next(ctx)
		if err == nil {
			return nil
		}
		if after := apierror.From(err).RetryAfter; after > 0 {
			c.reply.set(pushbackKey, pushback(ctx, after))
		}
		return &failure{status: grpcstatus.FromError(err, domain), cause: err}
	}
}

// pushback tells clients not to wait for a time when nobody will be there.
func pushback(ctx context.Context, after time.Duration) string {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= after {
		return "-1"
	}
	return strconv.FormatInt(max(after.Milliseconds(), 1), 10)
}
