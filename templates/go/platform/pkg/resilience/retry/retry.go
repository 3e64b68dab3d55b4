// Package retry makes calls again that failed for a moment, within a budget.
package retry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/resilience/outcome"
)

// Config says how often and how fast a failed call is made again.
type Config struct {
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

// Validate reports values that make no sense. Without retries, only their number
// is looked at.
func (c Config) Validate() error {
	if c.MaxAttempts == 1 {
		return nil
	}
	return errors.Join(
		check(c.MaxAttempts >= 1 && c.MaxAttempts <= 10, "retry.max_attempts must be between 1 and 10"),
		check(c.InitialBackoff > 0, "retry.initial_backoff must be positive"),
		check(c.MaxBackoff >= c.InitialBackoff, "retry.max_backoff must not be less than retry.initial_backoff"),
		check(c.MaxElapsed > 0, "retry.max_elapsed must be positive"),
		c.Budget.Validate(),
	)
}

// Retry makes calls again that failed for a moment. It does so only for what
// the classifier calls Transient or Throttled, waits as long as the target asks
// (Retry-After), and gives up at once when the wait would not fit into the time
// left.
type Retry struct {
	cfg      Config
	classify outcome.Classifier
	budget   *Budget
	retries  prometheus.Counter
	denied   prometheus.Counter
}

// New returns a Retry with a budget of its own for one target. It counts attempts
// after the first in retries, and those that the budget did not allow in denied.
func New(cfg Config, classify outcome.Classifier, retries, denied prometheus.Counter) *Retry {
	return &Retry{cfg: cfg, classify: classify, budget: NewBudget(cfg.Budget), retries: retries, denied: denied}
}

// Deposit pays into the budget for a call that runs elsewhere.
func (r *Retry) Deposit() { r.budget.Deposit() }

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
		backoff.WithNotify(func(error, time.Duration) { r.retries.Inc() }),
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
	if !r.classify(err).Retryable() {
		return false
	}
	if !r.budget.Withdraw() {
		r.denied.Inc()
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

// fullJitter returns waits between 0 and a bound that doubles ("Exponential Backoff
// And Jitter", AWS). The library spreads around the middle, hence the halves.
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

// retryAfter returns how long the target asked to wait, or 0.
func retryAfter(err error) time.Duration {
	var typed *apierror.Error
	if errors.As(err, &typed) {
		return typed.RetryAfter
	}
	return 0
}

func check(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
