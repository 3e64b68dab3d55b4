package cache_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

// stock is a source that a test can hold up and change.
type stock struct {
	now     atomic.Int64
	reading chan struct{} // gets a value whenever a read has begun
	gate    chan struct{} // a read ends when this yields
}

func newStock() *stock {
	return &stock{reading: make(chan struct{}, 1), gate: make(chan struct{})}
}

func (s *stock) load(context.Context, string) (product, error) {
	old := product{Sold: s.now.Load()}
	s.reading <- struct{}{}
	<-s.gate
	return old, nil
}

func (s *stock) quick(context.Context, string) (product, error) {
	return product{Sold: s.now.Load()}, nil
}

func TestAnOldValueThatIsJustBeingReadIsNotKept(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		for name, writer := range map[string]func(one, other instance) instance{
			"this instance writes":    func(one, _ instance) instance { return one },
			"another instance writes": func(_, other instance) instance { return other },
		} {
			t.Run(name, func(t *testing.T) {
				one, other := newInstance(t, r.Client, config()), newInstance(t, r.Client, config())
				src, key := newStock(), name
				var slow sync.WaitGroup
				slow.Go(func() {
					got, err := one.Get(t.Context(), key, src.load)
					if err != nil || got.Sold != 0 {
						t.Errorf("got %v, %v", got, err)
					}
				})
				<-src.reading
				src.now.Store(1)
				require.NoError(t, writer(one, other).Invalidate(t.Context(), key))

				fresh := make(chan product, 1)
				slow.Go(func() {
					got, err := writer(one, other).Get(t.Context(), key, src.quick)
					if err != nil {
						t.Error(err)
					}
					fresh <- got
				})
				require.EqualValues(t, 1, (<-fresh).Sold, "who begins after the write does not join an older read")
				close(src.gate)
				slow.Wait()
				for _, reader := range []instance{one, other} {
					got, err := reader.Get(t.Context(), key, src.quick)
					require.NoError(t, err)
					require.EqualValues(t, 1, got.Sold)
				}
			})
		}
	})
}

func TestNorIsItKeptInTheProcessWhenRedisIsDown(t *testing.T) {
	down := func(context.Context, redis.Cmder) error { return errors.New("connection refused") }
	cache, src := newInstance(t, redistest.Answering(t, down), config()), newStock()
	var slow sync.WaitGroup
	slow.Go(func() {
		if _, err := cache.Get(t.Context(), "7", src.load); err != nil {
			t.Error(err)
		}
	})
	<-src.reading
	src.now.Store(1)
	require.Error(t, cache.Invalidate(t.Context(), "7"))
	close(src.gate)
	slow.Wait()
	got, err := cache.Get(t.Context(), "7", src.quick)
	require.NoError(t, err)
	require.EqualValues(t, 1, got.Sold)
}

func TestOtherInstancesFollowWithinTheLocalTTL(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cfg := config()
		cfg.LocalTTL = 20 * time.Millisecond
		one, other := newInstance(t, r.Client, cfg), newInstance(t, r.Client, cfg)
		src := newStock()
		_, err := other.Get(t.Context(), "7", src.quick)
		require.NoError(t, err)
		src.now.Store(1)
		require.NoError(t, one.Invalidate(t.Context(), "7"))
		testkit.Eventually(t, waitLimit, func() error {
			got, err := other.Get(t.Context(), "7", src.quick)
			if err == nil && got.Sold != 1 {
				err = apierror.New(apierror.Conflict, "STALE", "still the old value")
			}
			return err
		})
	})
}

func TestAValueIsStoredAgainWhenTheMarkIsGone(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cfg := config()
		cfg.LocalEntries, cfg.LoadTimeout, cfg.RedisTimeout = 0, 200*time.Millisecond, 100*time.Millisecond
		cache := newInstance(t, r.Client, cfg)
		require.NoError(t, cache.Invalidate(t.Context(), "7", "8"))
		src := newStock()
		testkit.Eventually(t, waitLimit, func() error {
			r.Advance(100 * time.Millisecond)
			if _, err := cache.Get(t.Context(), "7", src.quick); err != nil {
				return err
			}
			if stored := r.Client.Get(t.Context(), "cache:product:v1:7").Val(); !strings.HasSuffix(stored, `{"Name":"","Sold":0}`) {
				return errors.New("stored is " + stored)
			}
			return nil
		})
	})
}

func TestInvalidateGoesOnWhenTheCallerIsGone(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cache := newInstance(t, r.Client, config())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, cache.Invalidate(ctx, "7"))
		require.Equal(t, "!", r.Client.Get(t.Context(), "cache:product:v1:7").Val())
	})
}

func TestInvalidateReportsThatRedisIsDown(t *testing.T) {
	fake := redistest.Fake(t)
	cache := newInstance(t, fake.Client, config())
	fake.Fake.SetError("LOADING Redis is loading the dataset in memory")
	require.Equal(t, apierror.Unavailable, apierror.From(cache.Invalidate(t.Context(), "7")).Kind)
}
