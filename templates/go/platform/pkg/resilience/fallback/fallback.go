// Package fallback answers from a second source when the first one fails.
package fallback

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/resilience/outcome"
)

// Metrics counts the uses of all fallbacks of a service, which makes one.
type Metrics struct{ uses *prometheus.CounterVec }

// NewMetrics registers the metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{uses: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "resilience_fallbacks_total",
		Help: "Answers that came from a fallback, by target and result.",
	}, []string{"target", "result"})}
	registry.MustRegister(m.uses)
	return m
}

// Fallback answers from a second source when the first one fails, so that a
// service degrades instead of failing: an older value, a default, a part.
type Fallback[T any] struct {
	target   string
	interval time.Duration
	log      *slog.Logger
	classify outcome.Classifier
	ok       prometheus.Counter
	failed   prometheus.Counter

	nextLog    atomic.Int64 // UnixNano
	suppressed atomic.Int64 // since the last record
}

// New returns a Fallback for what is got from target. It logs that it is
// in use at most once per interval; metrics count every use.
func New[T any](target string, interval time.Duration, metrics *Metrics, log *slog.Logger) *Fallback[T] {
	return &Fallback[T]{
		target:   target,
		interval: interval,
		log:      log,
		classify: outcome.Classify,
		ok:       metrics.uses.WithLabelValues(target, "ok"),
		failed:   metrics.uses.WithLabelValues(target, "failed"),
	}
}

// Do returns what primary returns, or else what secondary does; secondary is told
// why. Answers that are not failures of the target, such as NotFound, are final,
// and a caller that has gone away gets nothing instead. When both fail, the error
// is the primary's, with the other one wrapped too.
func (f *Fallback[T]) Do(
	ctx context.Context,
	primary func(ctx context.Context) (T, error),
	secondary func(ctx context.Context, cause error) (T, error),
) (T, error) {
	value, err := primary(ctx)
	if f.classify(err) == outcome.Success || ctx.Err() != nil {
		return value, err
	}
	f.note(ctx, err)
	instead, secondErr := secondary(ctx, err)
	if secondErr != nil {
		f.failed.Inc()
		return instead, fmt.Errorf("%w; fall back: %w", err, secondErr)
	}
	f.ok.Inc()
	return instead, nil
}

// note logs the first use in an interval, and how many there were since the
// record before.
func (f *Fallback[T]) note(ctx context.Context, cause error) {
	now := time.Now()
	due := f.nextLog.Load()
	if now.UnixNano() < due || !f.nextLog.CompareAndSwap(due, now.Add(f.interval).UnixNano()) {
		f.suppressed.Add(1)
		return
	}
	f.log.WarnContext(ctx, "answer degraded", "target", f.target, "error", cause, "not_logged", f.suppressed.Swap(0))
}
