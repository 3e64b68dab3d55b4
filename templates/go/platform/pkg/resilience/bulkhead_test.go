package resilience_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/metrics/metricstest"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/outcome"
)

func TestCallsWaitForAPlaceInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := resilience.BulkheadConfig{MaxConcurrent: 1, MaxWaiting: 3}
		bulkhead := resilience.NewBulkhead("payments", cfg, newMetrics())
		var (
			wg    sync.WaitGroup
			mu    sync.Mutex
			order []int
		)
		for i := range 4 {
			wg.Go(func() {
				_ = bulkhead.Do(t.Context(), func(context.Context) error {
					time.Sleep(time.Second)
					mu.Lock()
					defer mu.Unlock()
					order = append(order, i)
					return nil
				})
			})
			synctest.Wait()
		}
		wg.Wait()
		require.Equal(t, []int{0, 1, 2, 3}, order)
	})
}

func TestWhoCannotWaitIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		cfg := resilience.BulkheadConfig{MaxConcurrent: 1, MaxWaiting: 1, MaxWait: time.Second}
		bulkhead := resilience.NewBulkhead("payments", cfg, resilience.NewMetrics(registry))
		release, err := bulkhead.Acquire(t.Context())
		require.NoError(t, err)
		waited := make(chan error)
		go func() {
			_, err := bulkhead.Acquire(t.Context())
			waited <- err
		}()
		synctest.Wait()
		require.InDelta(t, 1, metricstest.Value(t, registry, "resilience_bulkhead_in_use", "payments"), 0)
		require.InDelta(t, 1, metricstest.Value(t, registry, "resilience_bulkhead_waiting", "payments"), 0)

		_, err = bulkhead.Acquire(t.Context())
		requireReason(t, err, apierror.Unavailable, resilience.ReasonBulkheadFull)
		begin := time.Now()
		err = <-waited
		requireReason(t, err, apierror.Unavailable, resilience.ReasonBulkheadFull)
		require.True(t, outcome.Refused(err))
		require.Equal(t, time.Second, time.Since(begin), "the wait is bounded")

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		_, err = bulkhead.Acquire(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, outcome.Refused(err))

		release()
		require.NoError(t, bulkhead.Do(t.Context(), succeed))
		require.InDelta(t, 0, metricstest.Value(t, registry, "resilience_bulkhead_in_use", "payments"), 0)
		require.InDelta(t, 3, metricstest.Value(t, registry, "resilience_refused_total", "payments", "BULKHEAD_FULL"), 0)
	})
}

// Whatever arrives, no more than the limit is ever inside, no more than the
// queue waits, and in the end every place is free again.
func TestConcurrencyIsNeverAboveTheLimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := resilience.BulkheadConfig{
			MaxConcurrent: rapid.IntRange(1, 8).Draw(rt, "concurrent"),
			MaxWaiting:    rapid.IntRange(0, 8).Draw(rt, "waiting"),
			MaxWait:       time.Duration(rapid.IntRange(0, 50).Draw(rt, "wait")),
		}
		require.NoError(rt, cfg.Validate())
		calls := rapid.SliceOfN(rapid.IntRange(0, 60), 1, 40).Draw(rt, "durations")
		var inside, most, refused, done atomic.Int64
		var free bool
		synctest.Test(t, func(t *testing.T) {
			bulkhead := resilience.NewBulkhead("payments", cfg, newMetrics())
			var wg sync.WaitGroup
			for _, duration := range calls {
				wg.Go(func() {
					err := bulkhead.Do(t.Context(), func(context.Context) error {
						now := inside.Add(1)
						defer inside.Add(-1)
						for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
						}
						time.Sleep(time.Duration(duration))
						return nil
					})
					if err != nil {
						refused.Add(1)
					} else {
						done.Add(1)
					}
				})
				time.Sleep(time.Duration(duration % 7))
			}
			wg.Wait()
			free = bulkhead.Do(t.Context(), succeed) == nil
		})
		require.LessOrEqual(rt, most.Load(), int64(cfg.MaxConcurrent))
		require.Equal(rt, int64(len(calls)), done.Load()+refused.Load())
		if len(calls) <= cfg.MaxConcurrent {
			require.Zero(rt, refused.Load())
		}
		require.True(rt, free)
	})
}
