package resilience_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/metrics/metricstest"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/outcome"
)

var breakerConfig = resilience.BreakerConfig{
	FailureRatio: 0.5, MinCalls: 10, Window: 10 * time.Second, OpenTimeout: 5 * time.Second, HalfOpenCalls: 2,
}

func newBreaker() *resilience.Breaker {
	return resilience.NewBreaker("payments", breakerConfig, newMetrics(), discard, outcome.Classify)
}

// call makes n calls that end with err and returns the last error.
func call(t *testing.T, breaker *resilience.Breaker, n int, err error) error {
	t.Helper()
	var last error
	for range n {
		last = breaker.Do(t.Context(), fail(err))
	}
	return last
}

func TestTheBreakerOpensRefusesProbesAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		registry := prometheus.NewRegistry()
		breaker := resilience.NewBreaker("payments", breakerConfig, resilience.NewMetrics(registry),
			slog.New(slog.NewTextHandler(&logged, nil)), outcome.Classify)
		state := func(name string) float64 {
			return metricstest.Value(t, registry, "resilience_breaker_state", "payments", name)
		}
		require.InDelta(t, 1, state("closed"), 0)

		require.NoError(t, call(t, breaker, 5, nil))
		require.ErrorIs(t, call(t, breaker, 5, errDown), errDown)
		require.Equal(t, "open", breaker.State())
		require.InDelta(t, 1, state("open"), 0)
		require.InDelta(t, 0, state("closed"), 0)

		time.Sleep(2 * time.Second)
		err := call(t, breaker, 1, nil)
		requireReason(t, err, apierror.Unavailable, resilience.ReasonCircuitOpen)
		require.True(t, outcome.Refused(err))
		require.Equal(t, 3*time.Second, apierror.From(err).RetryAfter)
		require.InDelta(t, 1, metricstest.Value(t, registry, "resilience_refused_total", "payments", "CIRCUIT_OPEN"), 0)

		time.Sleep(3*time.Second + 1)
		require.NoError(t, call(t, breaker, 1, nil))
		require.Equal(t, "half-open", breaker.State())
		require.NoError(t, call(t, breaker, 1, nil))
		require.Equal(t, "closed", breaker.State())
		for _, to := range []string{"open", "half-open", "closed"} {
			require.InDelta(t, 1, metricstest.Value(t, registry, "resilience_breaker_transitions_total", "payments", to), 0, to)
		}
		require.Contains(t, logged.String(), "target=payments from=closed to=open")
	})
}

func TestAFailedProbeOpensTheBreakerAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := newBreaker()
		_ = call(t, breaker, 10, errDown)
		time.Sleep(breakerConfig.OpenTimeout + 1)
		require.ErrorIs(t, call(t, breaker, 1, errDefect), errDefect)
		require.Equal(t, "open", breaker.State())
	})
}

func TestFewProbesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := newBreaker()
		_ = call(t, breaker, 10, errDown)
		time.Sleep(breakerConfig.OpenTimeout + 1)
		first, err := breaker.Allow()
		require.NoError(t, err)
		second, err := breaker.Allow()
		require.NoError(t, err)
		_, err = breaker.Allow()
		requireReason(t, err, apierror.Unavailable, resilience.ReasonCircuitOpen)

		first(context.Canceled) // says nothing, and makes room for another
		third, err := breaker.Allow()
		require.NoError(t, err)
		second(nil)
		third(nil)
		require.Equal(t, "closed", breaker.State())
	})
}

func TestOnlyFailuresOfTheTargetOpenTheBreaker(t *testing.T) {
	tests := map[string]struct {
		err   error
		state string
	}{
		"not found": {errNotFound, "closed"},
		"invalid":   {apierror.New(apierror.Invalid, "INVALID", ""), "closed"},
		"cancelled": {context.Canceled, "closed"},
		"throttled": {apierror.New(apierror.RateLimited, "LIMIT", ""), "closed"},
		"full":      {refusedByBulkhead(t), "closed"},
		"down":      {errDown, "open"},
		"slow":      {context.DeadlineExceeded, "open"},
		"defect":    {errDefect, "open"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			breaker := newBreaker()
			_ = call(t, breaker, 50, tc.err)
			require.Equal(t, tc.state, breaker.State())
		})
	}
}

func refusedByBulkhead(t *testing.T) error {
	bulkhead := resilience.NewBulkhead("x", resilience.BulkheadConfig{MaxConcurrent: 1}, newMetrics())
	release, err := bulkhead.Acquire(t.Context())
	require.NoError(t, err)
	defer release()
	_, err = bulkhead.Acquire(t.Context())
	return err
}

func TestFewCallsProveNothing(t *testing.T) {
	breaker := newBreaker()
	_ = call(t, breaker, 9, errDown)
	require.Equal(t, "closed", breaker.State())
}

func TestOldFailuresAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := newBreaker()
		_ = call(t, breaker, 9, errDown)
		time.Sleep(breakerConfig.Window + time.Second)
		_ = call(t, breaker, 9, errDown)
		require.Equal(t, "closed", breaker.State())
	})
}

func TestTheWindowMovesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		breaker := newBreaker()
		time.Sleep(9 * time.Second)
		_ = call(t, breaker, 5, errDown)
		time.Sleep(2 * time.Second)
		_ = call(t, breaker, 5, errDown)
		require.Equal(t, "open", breaker.State(), "ten failures within two seconds, whenever they were")
	})
}

func TestAPanicIsAFailureAndGoesOn(t *testing.T) {
	breaker := newBreaker()
	for range 10 {
		require.Panics(t, func() {
			_ = breaker.Do(t.Context(), func(context.Context) error { panic("boom") })
		})
	}
	require.Equal(t, "open", breaker.State())
}
