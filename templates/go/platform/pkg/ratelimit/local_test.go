package ratelimit_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/ratelimit"
)

func newLocal(t require.TestingT, quota ratelimit.Quota, maxKeys int, opts ...ratelimit.Option) *ratelimit.Local {
	limiter, err := ratelimit.NewLocal("test", quota, maxKeys, opts...)
	require.NoError(t, err)
	return limiter
}

func allow(t require.TestingT, limiter ratelimit.Limiter, key string) ratelimit.Decision {
	decision, err := limiter.Allow(context.Background(), key)
	require.NoError(t, err)
	return decision
}

func TestLocalIsATokenBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1, 0)
		quota := quotas().Draw(t, "quota")
		limiter := newLocal(t, quota, 10, ratelimit.WithClock(func() time.Time { return now }))
		models := map[string]*bucket{"a": {quota: quota}, "b": {quota: quota}}
		for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 200_000), 1, 100).Draw(t, "pauses") {
			now = now.Add(time.Duration(pause) * time.Microsecond)
			key := []string{"a", "b"}[pause%2]
			model := models[key]
			want, got := model.take(now), allow(t, limiter, key)
			full := quota.Interval() * time.Duration(quota.Burst)
			require.Equal(t, want, got.Allowed)
			require.Equal(t, quota.Burst, got.Limit)
			require.EqualValues(t, model.credit/quota.Interval(), got.Remaining)
			require.Equal(t, full-model.credit, got.ResetAfter)
			if !want {
				require.Equal(t, quota.Interval()-model.credit, got.RetryAfter)
			}
		}
	})
}

// Whoever comes back when he was told to is let in, and not a microsecond before.
func TestRetryAfterIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1, 0)
		quota := quotas().Draw(t, "quota")
		limiter := newLocal(t, quota, 1, ratelimit.WithClock(func() time.Time { return now }))
		for range quota.Burst {
			require.True(t, allow(t, limiter, "a").Allowed)
		}
		refused := allow(t, limiter, "a")
		require.False(t, refused.Allowed)
		now = now.Add(refused.RetryAfter - time.Microsecond)
		require.False(t, allow(t, limiter, "a").Allowed)
		now = now.Add(time.Microsecond)
		require.True(t, allow(t, limiter, "a").Allowed)
	})
}

func TestLocalForgetsTheKeysNotSeenForLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := newLocal(t, ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: 1}, 2)
		require.True(t, allow(t, limiter, "a").Allowed)
		require.True(t, allow(t, limiter, "b").Allowed)
		require.False(t, allow(t, limiter, "a").Allowed)
		require.True(t, allow(t, limiter, "c").Allowed)
		require.False(t, allow(t, limiter, "a").Allowed, "seen after b")
		require.True(t, allow(t, limiter, "b").Allowed, "forgotten")
	})
	_, err := ratelimit.NewLocal("test", ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: 1}, 0)
	require.ErrorContains(t, err, "room")
}

func TestLocalCountsConcurrentRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := newLocal(t, ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: 50}, 2)
		var allowed atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for range 10 {
					if allow(t, limiter, "a").Allowed {
						allowed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 50, allowed.Load())
	})
}

func BenchmarkLocal(b *testing.B) {
	quota := ratelimit.Quota{Requests: 100_000, Period: time.Second, Burst: 100}
	ask := func(b *testing.B, limiter ratelimit.Limiter, key string) {
		if _, err := limiter.Allow(context.Background(), key); err != nil {
			b.Error(err)
		}
	}
	b.Run("one", func(b *testing.B) {
		limiter := newLocal(b, quota, 1000)
		b.ReportAllocs()
		for b.Loop() {
			ask(b, limiter, "a")
		}
	})
	b.Run("parallel", func(b *testing.B) {
		limiter := newLocal(b, quota, 1000)
		var callers atomic.Int64
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			key := strconv.FormatInt(callers.Add(1), 10)
			for pb.Next() {
				ask(b, limiter, key)
			}
		})
	})
}
