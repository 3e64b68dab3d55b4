package resilience_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/resilience"
)

func TestDefaultsAreValid(t *testing.T) {
	require.NoError(t, resilience.DefaultConfig().Validate())
	require.NoError(t, resilience.DefaultClientConfig().Validate())
	require.NoError(t, resilience.DefaultShedderConfig().Validate())
}

func TestValidateNamesEveryMistake(t *testing.T) {
	tests := map[string]func(*resilience.ClientConfig){
		"timeout.total":           func(c *resilience.ClientConfig) { c.Timeout.Total = 0 },
		"timeout.attempt":         func(c *resilience.ClientConfig) { c.Timeout.Attempt = time.Hour },
		"timeout.reserve":         func(c *resilience.ClientConfig) { c.Timeout.Reserve = -1 },
		"retry.max_attempts":      func(c *resilience.ClientConfig) { c.Retry.MaxAttempts = 0 },
		"retry.initial_backoff":   func(c *resilience.ClientConfig) { c.Retry.InitialBackoff = 0 },
		"retry.max_backoff":       func(c *resilience.ClientConfig) { c.Retry.MaxBackoff = 1 },
		"retry.max_elapsed":       func(c *resilience.ClientConfig) { c.Retry.MaxElapsed = 0 },
		"retry.budget.ratio":      func(c *resilience.ClientConfig) { c.Retry.Budget.Ratio = 1.1 },
		"retry.budget.burst":      func(c *resilience.ClientConfig) { c.Retry.Budget.Burst = 0 },
		"breaker.failure_ratio":   func(c *resilience.ClientConfig) { c.Breaker.FailureRatio = -1 },
		"breaker.min_calls":       func(c *resilience.ClientConfig) { c.Breaker.MinCalls = 0 },
		"breaker.window":          func(c *resilience.ClientConfig) { c.Breaker.Window = 1 },
		"breaker.open_timeout":    func(c *resilience.ClientConfig) { c.Breaker.OpenTimeout = 0 },
		"breaker.half_open_calls": func(c *resilience.ClientConfig) { c.Breaker.HalfOpenCalls = 0 },
		"bulkhead.max_concurrent": func(c *resilience.ClientConfig) { c.Bulkhead.MaxConcurrent = -1 },
		"bulkhead.max_waiting":    func(c *resilience.ClientConfig) { c.Bulkhead.MaxWaiting = -1 },
		"bulkhead.max_wait":       func(c *resilience.ClientConfig) { c.Bulkhead.MaxWait = -1 },
		"dial_timeout":            func(c *resilience.ClientConfig) { c.DialTimeout = 0 },
		"tls_handshake_timeout":   func(c *resilience.ClientConfig) { c.TLSHandshakeTimeout = 0 },
		"idle_conn_timeout":       func(c *resilience.ClientConfig) { c.IdleConnTimeout = 0 },
		"max_idle_conns_per_host": func(c *resilience.ClientConfig) { c.MaxIdleConnsPerHost = 0 },
		"max_conns_per_host":      func(c *resilience.ClientConfig) { c.MaxConnsPerHost = 1 },
		"max_header_bytes":        func(c *resilience.ClientConfig) { c.MaxHeaderBytes = 0 },
		"max_response_bytes":      func(c *resilience.ClientConfig) { c.MaxResponseBytes = 0 },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := resilience.DefaultClientConfig()
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
	err := resilience.ShedderConfig{}.Validate()
	for _, want := range []string{"target_latency", "min_limit", "window", "retry_after"} {
		require.ErrorContains(t, err, want)
	}
	cfg := resilience.DefaultShedderConfig()
	cfg.InitialLimit = cfg.MaxLimit + 1
	require.ErrorContains(t, cfg.Validate(), "initial_limit")
}

// The configuration of a client is one section, and can be set by environment.
func TestTheConfigurationIsLoaded(t *testing.T) {
	type service struct {
		Payments resilience.ClientConfig `mapstructure:"payments"`
	}
	t.Setenv("APP_PAYMENTS_RETRY_BUDGET_RATIO", "0.25")
	t.Setenv("APP_PAYMENTS_TIMEOUT_TOTAL", "7s")
	t.Setenv("APP_PAYMENTS_DIAL_TIMEOUT", "3s")
	defaults := service{Payments: resilience.DefaultClientConfig()}
	loaded, err := config.Load(defaults, config.Options{EnvPrefix: "APP"})
	require.NoError(t, err)

	want := resilience.DefaultClientConfig()
	want.Retry.Budget.Ratio = 0.25
	want.Timeout.Total = 7 * time.Second
	want.DialTimeout = 3 * time.Second
	require.Equal(t, want, loaded.Payments)
}
