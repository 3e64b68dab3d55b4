package resilience

import (
	"context"
	"sync/atomic"
	"time"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
)

// BulkheadConfig bounds what one target can take from this process.
type BulkheadConfig struct {
	// MaxConcurrent bounds the attempts in flight; 0 leaves the bulkhead out.
	MaxConcurrent int `mapstructure:"max_concurrent"`
	// MaxWaiting bounds the calls that wait for a place; the next one is refused.
	MaxWaiting int `mapstructure:"max_waiting"`
	// MaxWait bounds how long a call waits; 0 is as long as its context.
	MaxWait time.Duration `mapstructure:"max_wait"`
}

// Bulkhead keeps one slow target from taking all goroutines, connections and
// memory (Nygard, "Release It!": Bulkheads). Those who wait are served in the
// order in which they came.
type Bulkhead struct {
	places  chan struct{}
	waiting atomic.Int64
	cfg     BulkheadConfig
	metrics *targetMetrics
}

// NewBulkhead returns a Bulkhead with all places free. The target is the label
// of its metrics.
func NewBulkhead(target string, cfg BulkheadConfig, metrics *Metrics) *Bulkhead {
	return newBulkhead(cfg, metrics.of(target))
}

func newBulkhead(cfg BulkheadConfig, metrics *targetMetrics) *Bulkhead {
	return &Bulkhead{places: make(chan struct{}, cfg.MaxConcurrent), cfg: cfg, metrics: metrics}
}

// Acquire takes a place, and waits for one if it must. The caller must call
// release once. When there is no place in time, or too many wait, the error is
// an apierror Unavailable with the reason BULKHEAD_FULL; it wraps the error of
// the context when that ended first.
func (b *Bulkhead) Acquire(ctx context.Context) (release func(), err error) {
	select {
	case b.places <- struct{}{}:
	default:
		if err := b.wait(ctx); err != nil {
			return nil, err
		}
	}
	b.metrics.inUse.Inc()
	return b.release, nil
}

func (b *Bulkhead) release() {
	b.metrics.inUse.Dec()
	<-b.places
}

func (b *Bulkhead) wait(ctx context.Context) error {
	defer b.waiting.Add(-1)
	if b.waiting.Add(1) > int64(b.cfg.MaxWaiting) {
		return b.full(nil)
	}
	b.metrics.waiting.Inc()
	defer b.metrics.waiting.Dec()
	var late <-chan time.Time
	if b.cfg.MaxWait > 0 {
		timer := time.NewTimer(b.cfg.MaxWait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case b.places <- struct{}{}:
		return nil
	case <-late:
		return b.full(nil)
	case <-ctx.Done():
		return b.full(ctx.Err())
	}
}

func (b *Bulkhead) full(ended error) error {
	b.metrics.bulkheadFull.Inc()
	const message = "too many calls to a service that is needed for this"
	if ended != nil {
		return outcome.RefuseAfter(apierror.Unavailable, ReasonBulkheadFull, message, ended)
	}
	return outcome.Refuse(apierror.Unavailable, ReasonBulkheadFull, message)
}

// Do runs fn in a place of its own.
func (b *Bulkhead) Do(ctx context.Context, fn func(context.Context) error) error {
	release, err := b.Acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	return fn(ctx)
}
