package resilience_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/resilience"
)

func TestDefaultsAreValid(t *testing.T) {
	require.NoError(t, resilience.DefaultConfig().Validate())
}

func TestValidateNamesEveryMistake(t *testing.T) {
	tests := map[string]func(*resilience.Config){
		"timeout.total":           func(c *resilience.Config) { c.Timeout.Total = 0 },
		"timeout.attempt":         func(c *resilience.Config) { c.Timeout.Attempt = time.Hour },
		"timeout.reserve":         func(c *resilience.Config) { c.Timeout.Reserve = -1 },
		"retry.max_attempts":      func(c *resilience.Config) { c.Retry.MaxAttempts = 0 },
		"breaker.failure_ratio":   func(c *resilience.Config) { c.Breaker.FailureRatio = -1 },
		"breaker.min_calls":       func(c *resilience.Config) { c.Breaker.MinCalls = 0 },
		"breaker.window":          func(c *resilience.Config) { c.Breaker.Window = 1 },
		"breaker.open_timeout":    func(c *resilience.Config) { c.Breaker.OpenTimeout = 0 },
		"breaker.half_open_calls": func(c *resilience.Config) { c.Breaker.HalfOpenCalls = 0 },
		"bulkhead.max_concurrent": func(c *resilience.Config) { c.Bulkhead.MaxConcurrent = -1 },
		"bulkhead.max_waiting":    func(c *resilience.Config) { c.Bulkhead.MaxWaiting = -1 },
		"bulkhead.max_wait":       func(c *resilience.Config) { c.Bulkhead.MaxWait = -1 },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := resilience.DefaultConfig()
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}
