package resilience

import (
	"errors"
	"time"

	"goldpath.local/service/pkg/resilience/retry"
)

// Config is a Policy: how calls to one target are made.
type Config struct {
	// Timeout divides the time of a call.
	Timeout TimeoutConfig `mapstructure:"timeout"`
	// Retry says how often and how fast a failed call is made again.
	Retry retry.Config `mapstructure:"retry"`
	// Breaker says when the target counts as down.
	Breaker BreakerConfig `mapstructure:"breaker"`
	// Bulkhead bounds the calls at once.
	Bulkhead BulkheadConfig `mapstructure:"bulkhead"`
}

// DefaultConfig returns a Policy for calls between services of one cluster.
func DefaultConfig() Config {
	return Config{
		Timeout: TimeoutConfig{Total: 3 * time.Second, Attempt: time.Second, Reserve: 50 * time.Millisecond},
		Retry: retry.Config{
			MaxAttempts:    3,
			InitialBackoff: 50 * time.Millisecond,
			MaxBackoff:     time.Second,
			MaxElapsed:     2 * time.Second,
			Budget:         retry.BudgetConfig{Ratio: 0.1, Burst: 10},
		},
		Breaker: BreakerConfig{
			FailureRatio:  0.5,
			MinCalls:      20,
			Window:        10 * time.Second,
			OpenTimeout:   5 * time.Second,
			HalfOpenCalls: 3,
		},
		Bulkhead: BulkheadConfig{MaxConcurrent: 64, MaxWaiting: 64, MaxWait: 250 * time.Millisecond},
	}
}

// Validate reports everything that makes no sense, with keys relative to the
// section of the configuration that holds the policy.
func (c Config) Validate() error {
	return errors.Join(c.Timeout.Validate(), c.Retry.Validate(), c.Breaker.Validate(), c.Bulkhead.Validate())
}

// Validate reports values that make no sense.
func (c TimeoutConfig) Validate() error {
	return errors.Join(
		require(c.Total > 0, "timeout.total must be positive"),
		require(c.Attempt >= 0 && c.Attempt <= c.Total, "timeout.attempt must be between 0 and timeout.total"),
		require(c.Reserve >= 0, "timeout.reserve must not be negative"),
	)
}

// Validate reports values that make no sense. When the breaker is left out,
// nothing else is looked at.
func (c BreakerConfig) Validate() error {
	if c.FailureRatio == 0 {
		return nil
	}
	return errors.Join(
		require(c.FailureRatio > 0 && c.FailureRatio <= 1, "breaker.failure_ratio must be between 0 and 1"),
		require(c.MinCalls >= 1, "breaker.min_calls must be at least 1"),
		require(c.Window >= windowBuckets*time.Millisecond, "breaker.window must be at least 10ms"),
		require(c.OpenTimeout > 0, "breaker.open_timeout must be positive"),
		require(c.HalfOpenCalls >= 1 && c.HalfOpenCalls <= 1000, "breaker.half_open_calls must be between 1 and 1000"),
	)
}

// Validate reports values that make no sense. When the bulkhead is left out,
// nothing else is looked at.
func (c BulkheadConfig) Validate() error {
	if c.MaxConcurrent == 0 {
		return nil
	}
	return errors.Join(
		require(c.MaxConcurrent > 0 && c.MaxConcurrent <= 100_000, "bulkhead.max_concurrent must be between 0 and 100000"),
		require(c.MaxWaiting >= 0, "bulkhead.max_waiting must not be negative"),
		require(c.MaxWait >= 0, "bulkhead.max_wait must not be negative"),
	)
}

func require(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
