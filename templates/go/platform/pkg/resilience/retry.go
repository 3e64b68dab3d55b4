package resilience

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RetryConfig says how often and how fast a failed call is made again.
type RetryConfig struct {
	// MaxAttempts bounds the attempts, the first one included; 1 never retries.
	MaxAttempts int `mapstructure:"max_attempts"`
	// InitialBackoff bounds the wait before the second attempt; the bound doubles
	// with every attempt. The wait itself is anything from 0 to the bound ("full
	// jitter"), so that those who failed together do not come back together.
	InitialBackoff time.Duration `mapstructure:"initial_backoff"`
	// MaxBackoff ends the doubling.
	MaxBackoff time.Duration `mapstructure:"max_backoff"`
	// MaxElapsed bounds the time from the first attempt to the beginning of the
	// last one. The deadline of the context bounds it too.
	MaxElapsed time.Duration `mapstructure:"max_elapsed"`
	// Budget bounds the share of calls that are retries.
	Budget BudgetConfig `mapstructure:"budget"`
}

// Retry makes calls again that failed for a moment. It does so only for what
// the classifier calls Transient or Throttled, waits as long as the target asks
// (Retry-After), and gives up at once when the wait would not fit into the time
// left.
type Retry struct {
	cfg      RetryConfig
	classify Classifier
	budget   *RetryBudget
	metrics  *targetMetrics
}

// NewRetry returns a Retry with a budget of its own. The target is the label
// of its metrics.
func NewRetry(target string, cfg RetryConfig, metrics *Metrics, classify Classifier) *Retry {
	return newRetry(cfg, metrics.of(target), classify)
}

func newRetry(cfg RetryConfig, metrics *targetMetrics, classify Classifier) *Retry {
	return &Retry{cfg: cfg, classify: classify, budget: NewRetryBudget(cfg.Budget), metrics: metrics}
}

// Once runs fn once, and pays into the budget as every call does.
func (r *Retry) Once(ctx context.Context, fn func(context.Context) error) error {
	r.budget.Deposit()
	return fn(ctx)
}

// Do runs fn until it succeeds, or its failure is not worth another attempt.
// The error is that of the last attempt. fn must be idempotent.
func (r *Retry) Do(ctx context.Context, fn func(context.Context) error) error {
	if r.cfg.MaxAttempts <= 1 {
		return r.Once(ctx, fn)
	}
	r.budget.Deposit()
	var (
		last    error
		attempt int
		again   bool
	)
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		attempt++
		last = fn(ctx)
		again = attempt < r.cfg.MaxAttempts && r.mayRetry(last)
		return struct{}{}, forLoop(last, again)
	},
		backoff.WithBackOff(r.fullJitter()),
		backoff.WithMaxElapsedTime(r.timeLeft(ctx)),
		backoff.WithNotify(func(error, time.Duration) { r.metrics.retries.Inc() }),
	)
	switch {
	case err == nil:
		return nil
	case again && ctx.Err() != nil && !errors.Is(last, ctx.Err()):
		return fmt.Errorf("wait to try again: %w; last attempt: %w", ctx.Err(), last)
	default:
		return last
	}
}

// mayRetry decides about a failed attempt, and pays for the next one.
func (r *Retry) mayRetry(err error) bool {
	if !r.classify(err).retryable() {
		return false
	}
	if !r.budget.Withdraw() {
		r.metrics.retriesDenied.Inc()
		return false
	}
	return true
}

// forLoop says the decision in the words of backoff.Retry.
func forLoop(err error, again bool) error {
	if err == nil {
		return nil
	}
	if !again {
		return backoff.Permanent(err)
	}
	if after := retryAfter(err); after > 0 {
		return &backoff.RetryAfterError{Duration: after}
	}
	return err
}

// fullJitter returns waits between 0 and a bound that doubles. The library
// spreads around the middle of the bound, hence the halves. See "Exponential
// Backoff And Jitter" in the AWS Architecture Blog.
func (r *Retry) fullJitter() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     r.cfg.InitialBackoff / 2,
		MaxInterval:         r.cfg.MaxBackoff / 2,
		Multiplier:          2,
		RandomizationFactor: 1,
	}
}

// timeLeft bounds the waits, so that none begins that cannot end in time.
func (r *Retry) timeLeft(ctx context.Context) time.Duration {
	limit := r.cfg.MaxElapsed
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	return max(limit, 1) // 0 would mean no bound
}
