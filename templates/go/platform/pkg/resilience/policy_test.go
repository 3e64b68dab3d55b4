package resilience_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/metrics/metricstest"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/outcome"
	"goldpath.local/service/pkg/resilience/retry"
)

// policyConfig has waits that are easy to reckon with.
func policyConfig() resilience.Config {
	cfg := resilience.DefaultConfig()
	cfg.Timeout = resilience.TimeoutConfig{Total: 10 * time.Second, Attempt: time.Second}
	cfg.Retry.MaxElapsed = time.Minute
	return cfg
}

func newPolicy(cfg resilience.Config) (*resilience.Policy, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	return resilience.NewPolicy("payments", cfg, resilience.NewMetrics(registry), discard), registry
}

func TestAPolicyRetriesWithinItsTimeAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy, registry := newPolicy(policyConfig())
		fn, calls := failTimes(2, errDown)
		require.NoError(t, policy.Do(t.Context(), fn))
		require.Equal(t, 3, *calls)
		require.InDelta(t, 1, metricstest.Value(t, registry, "resilience_call_duration_seconds", "payments", "success"), 0)
		require.InDelta(t, 2, metricstest.Value(t, registry, "resilience_attempts_total", "payments", "transient"), 0)
		require.InDelta(t, 1, metricstest.Value(t, registry, "resilience_attempts_total", "payments", "success"), 0)
		require.InDelta(t, 2, metricstest.Value(t, registry, "resilience_retries_total", "payments"), 0)

		fn, calls = failTimes(2, errDown)
		require.ErrorIs(t, policy.Once(t.Context(), fn), errDown)
		require.Equal(t, 1, *calls)
	})
}

func TestEveryAttemptHasATimeoutAndAllTogetherTheTotal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := policyConfig()
		cfg.Retry.MaxAttempts, cfg.Timeout.Total = 10, 4*time.Second
		policy, _ := newPolicy(cfg)
		var attempts []time.Duration
		begin := time.Now()
		err := policy.Do(t.Context(), func(ctx context.Context) error {
			started := time.Now()
			defer func() { attempts = append(attempts, time.Since(started)) }()
			return hang(ctx)
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.LessOrEqual(t, time.Since(begin), 4*time.Second)
		require.Equal(t, time.Second, attempts[0])
		require.Greater(t, len(attempts), 2)
		require.Equal(t, apierror.Timeout, apierror.From(err).Kind)
	})
}

// The breaker is inside of the retries: it opens within one call, and ends it.
func TestAnOpenBreakerEndsTheRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := policyConfig()
		cfg.Breaker.MinCalls = 2
		cfg.Retry.MaxAttempts = 5
		policy, registry := newPolicy(cfg)
		fn, calls := failTimes(100, errDown)
		requireReason(t, policy.Do(t.Context(), fn), apierror.Unavailable, resilience.ReasonCircuitOpen)
		require.Equal(t, 2, *calls)
		require.InDelta(t, 2, metricstest.Value(t, registry, "resilience_attempts_total", "payments", "transient"), 0, "refusals are no attempts")

		_, err := policy.Admit(t.Context())
		requireReason(t, err, apierror.Unavailable, resilience.ReasonCircuitOpen)
	})
}

// The bulkhead is inside of the breaker, which ignores what it refuses; and the
// time of an attempt begins after the wait.
func TestWaitingForAPlaceIsNotTheTargetsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := policyConfig()
		cfg.Breaker.MinCalls = 1
		cfg.Bulkhead = resilience.BulkheadConfig{MaxConcurrent: 1, MaxWaiting: 1, MaxWait: 5 * time.Second}
		cfg.Timeout = resilience.TimeoutConfig{Total: 10 * time.Second, Attempt: 2 * time.Second}
		policy, _ := newPolicy(cfg)
		slow := func(ctx context.Context) error {
			select {
			case <-time.After(1500 * time.Millisecond):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- policy.Do(t.Context(), slow) }()
		}
		synctest.Wait()
		begin := time.Now()
		requireReason(t, policy.Do(t.Context(), slow), apierror.Unavailable, resilience.ReasonBulkheadFull)
		require.Zero(t, time.Since(begin), "what is full now is not tried again")
		require.NoError(t, <-results)
		require.NoError(t, <-results, "1.5 s of waiting and 1.5 s of work")
		require.NoError(t, policy.Once(t.Context(), succeed))
	})
}

// Calls that the bulkhead refuses do not use up the few that are let through to
// see whether a target is back.
func TestARefusalIsNoProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := policyConfig()
		cfg.Breaker.MinCalls, cfg.Breaker.HalfOpenCalls = 1, 2
		cfg.Bulkhead = resilience.BulkheadConfig{MaxConcurrent: 1}
		policy, _ := newPolicy(cfg)
		require.ErrorIs(t, policy.Once(t.Context(), fail(errDown)), errDown)
		time.Sleep(cfg.Breaker.OpenTimeout + 1)
		done, err := policy.Admit(t.Context())
		require.NoError(t, err)
		for range 5 {
			requireReason(t, policy.Once(t.Context(), succeed), apierror.Unavailable, resilience.ReasonBulkheadFull)
		}
		done(nil)
		require.NoError(t, policy.Once(t.Context(), succeed))
		require.NoError(t, policy.Once(t.Context(), succeed))
	})
}

func TestAnAdmittedCallEndsElsewhere(t *testing.T) {
	cfg := policyConfig()
	cfg.Breaker.MinCalls = 2
	cfg.Bulkhead = resilience.BulkheadConfig{MaxConcurrent: 1}
	policy, registry := newPolicy(cfg)
	for range 2 {
		done, err := policy.Admit(t.Context())
		require.NoError(t, err)
		_, err = policy.Admit(t.Context())
		requireReason(t, err, apierror.Unavailable, resilience.ReasonBulkheadFull)
		done(errDown)
	}
	_, err := policy.Admit(t.Context())
	requireReason(t, err, apierror.Unavailable, resilience.ReasonCircuitOpen)
	require.InDelta(t, 2, metricstest.Value(t, registry, "resilience_call_duration_seconds", "payments", "transient"), 0)
	require.InDelta(t, 0, metricstest.Value(t, registry, "resilience_bulkhead_in_use", "payments"), 0)
}

func TestAPolicyWithoutPartsOnlyCallsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := resilience.Config{
			Timeout: resilience.TimeoutConfig{Total: time.Second},
			Retry:   retry.Config{MaxAttempts: 1},
		}
		require.NoError(t, cfg.Validate())
		policy, _ := newPolicy(cfg)
		require.ErrorIs(t, policy.Do(t.Context(), hang), context.DeadlineExceeded)
		for range 100 {
			require.ErrorIs(t, policy.Do(t.Context(), fail(errDown)), errDown)
		}
		done, err := policy.Admit(t.Context())
		require.NoError(t, err)
		done(nil)
	})
}

func TestCallReturnsAValue(t *testing.T) {
	policy, _ := newPolicy(policyConfig())
	value, err := resilience.Call(t.Context(), policy, func(context.Context) (int, error) { return 7, nil })
	require.NoError(t, err)
	require.Equal(t, 7, value)
	_, err = resilience.Call(t.Context(), policy, func(context.Context) (int, error) { return 0, errNotFound })
	require.ErrorIs(t, err, errNotFound)
}

func TestNoTimeLeftIsCounted(t *testing.T) {
	cfg := policyConfig()
	cfg.Timeout.Reserve = time.Minute
	policy, registry := newPolicy(cfg)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	requireReason(t, policy.Do(ctx, succeed), apierror.Timeout, resilience.ReasonNoTimeLeft)
	require.InDelta(t, 1, metricstest.Value(t, registry, "resilience_refused_total", "payments", "NO_TIME_LEFT"), 0)
}

func TestAnotherClassifierDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newMetrics()
		defect := resilience.NewPolicy("payments", policyConfig(), metrics, discard,
			resilience.WithClassifier(func(err error) outcome.Outcome {
				if err != nil {
					return outcome.Transient
				}
				return outcome.Success
			}))
		fn, calls := failTimes(1, errDefect)
		require.NoError(t, defect.Do(t.Context(), fn))
		require.Equal(t, 2, *calls)

		nonsense := resilience.NewPolicy("payments", policyConfig(), metrics, discard,
			resilience.WithClassifier(func(error) outcome.Outcome { return 77 }))
		require.NoError(t, nonsense.Do(t.Context(), succeed))
	})
}

func TestACallLastsUntilItsResultIsUsed(t *testing.T) {
	policy, _ := newPolicy(policyConfig())
	ctx := t.Context()
	var call context.Context
	end, err := policy.Start(ctx, true, func(ctx, _ context.Context) error {
		call = ctx
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, call.Err())
	end()
	require.ErrorIs(t, call.Err(), context.Canceled)

	boom := func(ctx, _ context.Context) error {
		call = ctx
		panic("boom")
	}
	require.PanicsWithValue(t, "boom", func() { _, _ = policy.Start(ctx, false, boom) })
	require.ErrorIs(t, call.Err(), context.Canceled, "nobody else could end it")
}
