package ratelimit_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/ratelimit"
)

// scripted is a limiter that does what a test says.
type scripted struct {
	asked atomic.Int64
	do    func(ctx context.Context) error
}

func (s *scripted) Allow(ctx context.Context, _ string) (ratelimit.Decision, error) {
	s.asked.Add(1)
	return ratelimit.Decision{Allowed: true, Policy: "shared"}, s.do(ctx)
}

func works(context.Context) error { return nil }

func fails(context.Context) error { return errors.New("connection refused") }

func hangs(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func fallbackConfig() ratelimit.FallbackConfig {
	return ratelimit.FallbackConfig{Timeout: 20 * time.Millisecond, Pause: time.Second}
}

func newFallback(t *testing.T, shared ratelimit.Limiter) (*ratelimit.Fallback, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	local := newLocal(t, ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: 100}, 10)
	return ratelimit.NewFallback(shared, local, fallbackConfig(), ratelimit.NewMetrics(registry)), registry
}

func requireFallbacks(t *testing.T, registry *prometheus.Registry, failed, paused string) {
	t.Helper()
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP ratelimit_fallbacks_total Decisions made by this instance alone: the shared limiter failed, or is left alone (paused).
# TYPE ratelimit_fallbacks_total counter
ratelimit_fallbacks_total{reason="failed"} `+failed+`
ratelimit_fallbacks_total{reason="paused"} `+paused+"\n"), "ratelimit_fallbacks_total"))
}

func TestTheSharedLimiterDecidesWhileItWorks(t *testing.T) {
	shared := &scripted{do: works}
	fallback, registry := newFallback(t, shared)
	for range 5 {
		require.Equal(t, "shared", allow(t, fallback, "a").Policy)
	}
	requireFallbacks(t, registry, "0", "0")
}

func TestAnOutageCostsAFewTimeoutsAndThenNothing(t *testing.T) {
	for name, outage := range map[string]struct {
		do    func(context.Context) error
		costs time.Duration
	}{"silent": {hangs, 3 * fallbackConfig().Timeout}, "failing": {fails, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shared := &scripted{do: outage.do}
				fallback, registry := newFallback(t, shared)
				begin := time.Now()
				for range 50 {
					require.Equal(t, "test", allow(t, fallback, "a").Policy)
				}
				require.Equal(t, outage.costs, time.Since(begin))
				require.EqualValues(t, 3, shared.asked.Load())
				requireFallbacks(t, registry, "3", "47")

				time.Sleep(fallbackConfig().Pause)
				for range 10 {
					allow(t, fallback, "a")
				}
				require.EqualValues(t, 4, shared.asked.Load(), "one request tries again")

				time.Sleep(fallbackConfig().Pause)
				shared.do = works
				for range 10 {
					require.Equal(t, "shared", allow(t, fallback, "a").Policy)
				}
				require.EqualValues(t, 14, shared.asked.Load())
			})
		})
	}
}

func TestAtTheEndOfAPauseOneOfManyTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &scripted{do: hangs}
		fallback, _ := newFallback(t, shared)
		for range 3 {
			allow(t, fallback, "a")
		}
		time.Sleep(fallbackConfig().Pause)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { allow(t, fallback, "a") })
		}
		wg.Wait()
		require.EqualValues(t, 4, shared.asked.Load())
	})
}

func TestFailuresNowAndThenAreNoOutage(t *testing.T) {
	shared := &scripted{}
	fallback, registry := newFallback(t, shared)
	for i := range 30 {
		shared.do = fails
		if i%3 == 2 {
			shared.do = works
		}
		allow(t, fallback, "a")
	}
	require.EqualValues(t, 30, shared.asked.Load())
	requireFallbacks(t, registry, "20", "0")
}

func TestACallerWhoHasGoneIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fallback, registry := newFallback(t, &scripted{do: hangs})
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := fallback.Allow(ctx, "a")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
		requireFallbacks(t, registry, "0", "0")
	})
}
