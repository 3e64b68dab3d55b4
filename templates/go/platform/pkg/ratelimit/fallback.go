package ratelimit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// failuresBeforePause is how many failures in a row are taken for an outage rather
// than for bad luck.
const failuresBeforePause = 3

// FallbackConfig says when a limiter is done without.
type FallbackConfig struct {
	// Timeout is how long a decision may take.
	Timeout time.Duration `mapstructure:"timeout"`
	// Pause is how long the limiter is left alone when it keeps failing.
	Pause time.Duration `mapstructure:"pause"`
}

// Validate reports every value that makes no sense.
func (c FallbackConfig) Validate() error {
	if c.Timeout <= 0 || c.Pause <= 0 {
		return errors.New("timeout and pause must be positive")
	}
	return nil
}

// Fallback asks a limiter that all instances share, and a local one when that fails
// or takes too long: limits become those of each instance, and nobody is refused
// because of an outage. After three failures in a row it asks the local one only, so
// that requests do not wait for what is down; after Pause one request tries again,
// and its success ends the pause.
type Fallback struct {
	shared, local Limiter
	cfg           FallbackConfig
	metrics       *Metrics
	start         time.Time
	failures      atomic.Int32
	pausedUntil   atomic.Int64 // nanoseconds since start; 0 is no pause
}

// NewFallback returns a limiter that asks shared, or local in its stead.
func NewFallback(shared, local Limiter, cfg FallbackConfig, metrics *Metrics) *Fallback {
	return &Fallback{shared: shared, local: local, cfg: cfg, metrics: metrics, start: time.Now()}
}

// Allow returns the decision of the shared limiter or of the local one. It fails only
// when ctx has ended.
func (f *Fallback) Allow(ctx context.Context, key string) (Decision, error) {
	if !f.mayTry() {
		f.metrics.paused.Inc()
		return f.local.Allow(ctx, key)
	}
	attempt, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	decision, err := f.shared.Allow(attempt, key)
	switch {
	case err == nil:
		f.failures.Store(0)
		f.pausedUntil.Store(0)
		return decision, nil
	case ctx.Err() != nil:
		return Decision{}, ctx.Err()
	}
	f.metrics.failed.Inc()
	if f.failures.Add(1) >= failuresBeforePause {
		f.pausedUntil.Store(f.elapsed() + f.cfg.Pause.Nanoseconds())
	}
	return f.local.Allow(ctx, key)
}

// mayTry reports whether the shared limiter is to be asked. At the end of a pause one
// caller may, and the pause goes on for the others until it succeeds.
func (f *Fallback) mayTry() bool {
	until := f.pausedUntil.Load()
	if until == 0 {
		return true
	}
	now := f.elapsed()
	return now >= until && f.pausedUntil.CompareAndSwap(until, now+f.cfg.Pause.Nanoseconds())
}

func (f *Fallback) elapsed() int64 { return time.Since(f.start).Nanoseconds() }
