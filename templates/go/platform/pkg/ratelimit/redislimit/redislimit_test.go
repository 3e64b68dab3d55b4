package redislimit_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/ratelimit"
	"goldpath.local/service/pkg/ratelimit/redislimit"
	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

const waitLimit = 10 * time.Second

func TestMain(m *testing.M) { testkit.VerifyMain(m, redistest.Stop) }

func newLimiter(t require.TestingT, client redis.Scripter, policy string, quota ratelimit.Quota) *redislimit.Limiter {
	limiter, err := redislimit.New(client, "orders", policy, quota)
	require.NoError(t, err)
	return limiter
}

func allow(t require.TestingT, limiter ratelimit.Limiter, key string) ratelimit.Decision {
	decision, err := limiter.Allow(context.Background(), key)
	require.NoError(t, err)
	return decision
}

// On the same schedule, the limiter in Redis and the local one decide the same.
func TestItAgreesWithTheLocalLimiter(t *testing.T) {
	r := redistest.Fake(t)
	now := time.Unix(1_800_000_000, 0)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		policy := "run" + strconv.Itoa(run)
		quota := ratelimit.Quota{
			Requests: rapid.IntRange(1, 50).Draw(t, "requests"),
			Period:   time.Duration(rapid.IntRange(1, 1000).Draw(t, "period")) * time.Millisecond,
			Burst:    rapid.IntRange(1, 10).Draw(t, "burst"),
		}
		shared := newLimiter(t, r.Client, policy, quota)
		local, err := ratelimit.NewLocal(policy, quota, 10, ratelimit.WithClock(func() time.Time { return now }))
		require.NoError(t, err)
		for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 200_000), 1, 30).Draw(t, "pauses") {
			elapsed := time.Duration(pause) * time.Microsecond
			now = now.Add(elapsed)
			r.Fake.SetTime(now)
			r.Fake.FastForward(elapsed)
			key := strconv.Itoa(pause % 2)
			require.Equal(t, allow(t, local, key), allow(t, shared, key))
		}
	})
}

func TestInstancesTogetherAllowNoMoreThanOneWould(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		const instances, requests = 8, 100
		quota := ratelimit.Quota{Requests: 200, Period: time.Second, Burst: 40}
		var (
			allowed atomic.Int64
			wg      sync.WaitGroup
		)
		begin := r.Client.Time(t.Context()).Val()
		for range instances {
			limiter := newLimiter(t, r.Client, "default", quota)
			wg.Go(func() {
				for range requests {
					if allow(t, limiter, "ada").Allowed {
						allowed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		elapsed := r.Client.Time(t.Context()).Val().Sub(begin)
		require.GreaterOrEqual(t, allowed.Load(), int64(quota.Burst))
		require.LessOrEqual(t, allowed.Load(), int64(quota.Burst)+int64(elapsed/quota.Interval()))
	})
}

func TestTokensComeBackAndNothingIsKeptForLonger(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		quota := ratelimit.Quota{Requests: 10, Period: time.Second, Burst: 2}
		limiter := newLimiter(t, r.Client, "default", quota)
		require.Equal(t, 1, allow(t, limiter, "ada").Remaining)
		require.LessOrEqual(t, r.Client.PTTL(t.Context(), "ratelimit:orders:default:ada").Val(), 200*time.Millisecond)
		allow(t, limiter, "ada")
		require.True(t, allow(t, limiter, "bob").Allowed, "others are not concerned")
		testkit.Eventually(t, waitLimit, func() error {
			r.Advance(50 * time.Millisecond)
			return allow(t, limiter, "ada").Err()
		})
	})
}

func TestAClockThatIsSetBackKeepsNobodyOut(t *testing.T) {
	r := redistest.Fake(t)
	limiter := newLimiter(t, r.Client, "default", ratelimit.Quota{Requests: 1, Period: time.Second, Burst: 2})
	allow(t, limiter, "ada")
	r.Fake.SetTime(time.Now().Add(-24 * time.Hour))
	refused := allow(t, limiter, "ada")
	require.False(t, refused.Allowed)
	require.Equal(t, time.Second, refused.RetryAfter)
}

func TestMistakesAreReported(t *testing.T) {
	_, err := redislimit.New(nil, "orders", "default", ratelimit.Quota{})
	require.Error(t, err)
	r := redistest.Fake(t)
	limiter := newLimiter(t, r.Client, "default", ratelimit.Quota{Requests: 1, Period: time.Second, Burst: 1})
	r.Fake.SetError("LOADING Redis is loading the dataset in memory")
	_, err = limiter.Allow(t.Context(), "ada")
	require.ErrorContains(t, err, "ask redis")
}

func TestAnOutageOfRedisIsSurvived(t *testing.T) {
	r := redistest.Fake(t)
	proxy := testkit.NewProxy(t, r.Fake.Addr())
	client := open(t, proxy.Addr())
	quota := ratelimit.Quota{Requests: 1, Period: time.Hour, Burst: 3}
	local, err := ratelimit.NewLocal("local", quota, 10)
	require.NoError(t, err)
	limiter := ratelimit.NewFallback(newLimiter(t, client, "shared", quota), local,
		ratelimit.FallbackConfig{Timeout: time.Second, Pause: time.Millisecond}, ratelimit.NewMetrics(prometheus.NewRegistry()))

	require.Equal(t, "shared", allow(t, limiter, "ada").Policy)
	proxy.Cut()
	for _, allowed := range []bool{true, true, true, false} {
		decision := allow(t, limiter, "ada")
		require.Equal(t, "local", decision.Policy)
		require.Equal(t, allowed, decision.Allowed)
	}
	proxy.Restore(t)
	testkit.Eventually(t, waitLimit, func() error {
		if policy := allow(t, limiter, "bob").Policy; policy != "shared" {
			return errors.New("decided by " + policy)
		}
		return nil
	})
}

func open(t *testing.T, addr string) *redis.Client {
	t.Helper()
	cfg := redistest.Config(t)
	cfg.URL = "redis://" + config.Secret(addr)
	client, err := rediscache.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func BenchmarkLimiter(b *testing.B) {
	limiter := newLimiter(b, redistest.Client(b), "default", ratelimit.Quota{Requests: 100_000, Period: time.Second, Burst: 100})
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			allow(b, limiter, "ada")
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				allow(b, limiter, "ada")
			}
		})
	})
}
