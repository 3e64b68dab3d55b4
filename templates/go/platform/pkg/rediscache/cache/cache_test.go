package cache_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/rediscache/cache"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

type product struct {
	Name string
	Sold int64
}

func config() cache.Config {
	return cache.Config{
		LocalEntries: 100, LocalTTL: time.Minute, TTL: time.Hour, NegativeTTL: time.Minute,
		MaxValueBytes: 1 << 10, LoadTimeout: 10 * time.Second, RedisTimeout: 5 * time.Second,
	}
}

// instance is a cache as one instance of a service has it.
type instance struct {
	*cache.Cache[product]
	registry *prometheus.Registry
}

func newInstance(t testing.TB, client redis.Cmdable, cfg cache.Config) instance {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	cache, err := cache.New[product](client, "product", 1, cfg, cache.NewMetrics(registry))
	require.NoError(t, err)
	return instance{cache, registry}
}

// requireLookups compares the lookups that are not 0, written like "local hit".
func (i instance) requireLookups(t *testing.T, want map[string]int) {
	t.Helper()
	families, err := i.registry.Gather()
	require.NoError(t, err)
	got := map[string]int{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			count := int(metric.GetCounter().GetValue())
			if family.GetName() == "cache_lookups_total" && count > 0 {
				got[metric.GetLabel()[1].GetValue()+" "+metric.GetLabel()[2].GetValue()] = count
			}
		}
	}
	require.Equal(t, want, got)
}

// source counts how often it is asked.
type source struct {
	asked atomic.Int64
	value product
	err   error
}

func (s *source) load(context.Context, string) (product, error) {
	s.asked.Add(1)
	return s.value, s.err
}

func TestCacheConfigNamesEveryMistake(t *testing.T) {
	require.NoError(t, config().Validate())
	err := cache.Config{LocalEntries: -1, NegativeTTL: -1}.Validate()
	for _, part := range []string{"local_entries", "negative_ttl", "max_value_bytes", "redis_timeout"} {
		require.ErrorContains(t, err, part)
	}
	require.ErrorContains(t, cache.Config{LocalEntries: 1, TTL: 1, LocalTTL: 2}.Validate(), "local_ttl")

	metrics := cache.NewMetrics(prometheus.NewRegistry())
	_, err = cache.New[product](nil, "product", 1, cache.Config{}, metrics)
	require.ErrorContains(t, err, "cache.ttl")
	_, err = cache.New[product](nil, "", 1, config(), metrics)
	require.ErrorContains(t, err, "name")
}

func TestGetAsksTheNearestLevelThatKnows(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		one, other := newInstance(t, r.Client, config()), newInstance(t, r.Client, config())
		src := &source{value: product{"pen", 3}}
		for _, from := range []instance{one, one, other, other} {
			got, err := from.Get(t.Context(), "7", src.load)
			require.NoError(t, err)
			require.Equal(t, src.value, got)
		}
		require.EqualValues(t, 1, src.asked.Load())
		one.requireLookups(t, map[string]int{"local miss": 1, "local hit": 1, "redis miss": 1})
		other.requireLookups(t, map[string]int{"local miss": 1, "local hit": 1, "redis hit": 1})
		ttl := r.Client.PTTL(t.Context(), "cache:product:v1:7").Val()
		require.InDelta(t, 57*time.Minute, ttl, float64(3*time.Minute+time.Second), "TTL less up to a tenth")

		metrics := cache.NewMetrics(prometheus.NewRegistry())
		next, err := cache.New[product](r.Client, "product", 2, config(), metrics)
		require.NoError(t, err)
		_, err = next.Get(t.Context(), "7", src.load)
		require.NoError(t, err)
		require.EqualValues(t, 2, src.asked.Load(), "another version does not read what it may not understand")
	})
}

func TestAThousandReadersLoadOnce(t *testing.T) {
	const readers = 1000
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cache := newInstance(t, r.Client, config())
		src := &source{value: product{Name: "pen"}}
		all := make(chan struct{})
		slow := func(ctx context.Context, key string) (product, error) {
			<-all
			return src.load(ctx, key)
		}
		var wg sync.WaitGroup
		var wrong atomic.Int64
		for range readers {
			wg.Go(func() {
				if got, err := cache.Get(t.Context(), "7", slow); err != nil || got != src.value {
					wrong.Add(1)
				}
			})
		}
		testkit.Eventually(t, waitLimit, func() error {
			if misses := lookups(t, cache, "local", "miss"); misses < readers {
				return fmt.Errorf("%d readers wait", misses)
			}
			return nil
		})
		close(all)
		wg.Wait()
		require.Zero(t, wrong.Load())
		require.EqualValues(t, 1, src.asked.Load())
	})
}

func lookups(t *testing.T, cache instance, labels ...string) int {
	t.Helper()
	families, err := cache.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if l := metric.GetLabel(); len(l) == 3 && l[1].GetValue() == labels[0] && l[2].GetValue() == labels[1] {
				return int(metric.GetCounter().GetValue())
			}
		}
	}
	return 0
}

func TestAReaderWhoGivesUpDoesNotDisturbTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := newInstance(t, redistest.Answering(t, func(context.Context, redis.Cmder) error { return redis.Nil }), config())
		src := &source{value: product{Name: "pen"}}
		slow := func(ctx context.Context, key string) (product, error) {
			select {
			case <-time.After(time.Second):
				return src.load(ctx, key)
			case <-ctx.Done():
				return product{}, ctx.Err()
			}
		}
		impatient, cancel := context.WithCancel(t.Context())
		results := make(chan error, 2)
		go func() { _, err := cache.Get(impatient, "7", slow); results <- err }()
		synctest.Wait()
		go func() { _, err := cache.Get(t.Context(), "7", slow); results <- err }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-results, context.Canceled)
		require.NoError(t, <-results)
		require.EqualValues(t, 1, src.asked.Load())
	})
}

func TestARequestThatHasEndedGetsNothingCachedOrNot(t *testing.T) {
	cache := newInstance(t, redistest.Client(t), config())
	load := func(context.Context, string) (product, error) { return product{Name: "a"}, nil }
	_, err := cache.Get(t.Context(), "1", load)
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, key := range []string{"1", "2"} {
		_, err = cache.Get(ended, key, load)
		require.ErrorIs(t, err, context.Canceled, key)
	}
}

func TestThatThereIsNothingIsRememberedToo(t *testing.T) {
	notFound := apierror.New(apierror.NotFound, "PRODUCT_NOT_FOUND", "product not found")
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		one, other := newInstance(t, r.Client, config()), newInstance(t, r.Client, config())
		src := &source{err: fmt.Errorf("get: %w", notFound.WithCause(errors.New("no rows")))}
		for _, from := range []instance{one, one, other} {
			_, err := from.Get(t.Context(), "7", src.load)
			require.ErrorIs(t, err, notFound)
		}
		require.EqualValues(t, 1, src.asked.Load())

		forgetful := config()
		forgetful.NegativeTTL = 0
		cache := newInstance(t, r.Client, forgetful)
		for range 2 {
			_, err := cache.Get(t.Context(), "8", src.load)
			require.ErrorIs(t, err, notFound)
		}
		require.EqualValues(t, 3, src.asked.Load())
	})
}

func TestFailuresAreNotRemembered(t *testing.T) {
	fake := redistest.Fake(t)
	cache := newInstance(t, fake.Client, config())
	src := &source{err: errors.New("disk full")}
	for range 2 {
		_, err := cache.Get(t.Context(), "7", src.load)
		require.ErrorIs(t, err, src.err)
	}
	require.EqualValues(t, 2, src.asked.Load())

	_, err := cache.Get(t.Context(), "7", func(context.Context, string) (product, error) { panic("nil map") })
	require.ErrorContains(t, err, "load panicked: nil map")
	require.NoError(t, testutil.GatherAndCompare(cache.registry, strings.NewReader(`
# HELP cache_load_errors_total Reads from the source that failed. A value that does not exist is no failure.
# TYPE cache_load_errors_total counter
cache_load_errors_total{cache="product"} 3
`), "cache_load_errors_total"))
}

func TestWhatIsTooLargeIsNotCached(t *testing.T) {
	fake := redistest.Fake(t)
	cache := newInstance(t, fake.Client, config())
	src := &source{value: product{Name: strings.Repeat("x", 2<<10)}}
	for range 2 {
		_, err := cache.Get(t.Context(), "7", src.load)
		require.NoError(t, err)
		_, err = cache.Get(t.Context(), strings.Repeat("k", 513), src.load)
		require.NoError(t, err)
	}
	require.EqualValues(t, 4, src.asked.Load())
	require.Empty(t, fake.Fake.Keys())
}

func TestReadsDoWithoutRedis(t *testing.T) {
	for name, down := range map[string]func(context.Context, redis.Cmder) error{
		"silent":  redistest.Hang,
		"failing": func(context.Context, redis.Cmder) error { return errors.New("connection refused") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config()
				cache := newInstance(t, redistest.Answering(t, down), cfg)
				src := &source{value: product{Name: "pen"}}
				begin := time.Now()
				for range 3 {
					got, err := cache.Get(t.Context(), "7", src.load)
					require.NoError(t, err)
					require.Equal(t, src.value, got)
				}
				require.LessOrEqual(t, time.Since(begin), cfg.RedisTimeout)
				require.EqualValues(t, 1, src.asked.Load(), "the process still remembers")
				cache.requireLookups(t, map[string]int{"local miss": 1, "local hit": 2, "redis error": 1})

				err := cache.Invalidate(t.Context(), "7")
				require.Error(t, err)
				_, err = cache.Get(t.Context(), "7", src.load)
				require.NoError(t, err)
				require.EqualValues(t, 2, src.asked.Load(), "the process forgets even so")
			})
		})
	}
}

func TestAValueThatCannotBeStoredIsStillServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		readOnly := func(_ context.Context, cmd redis.Cmder) error {
			if cmd.Name() == "get" {
				return redis.Nil
			}
			return errors.New("READONLY")
		}
		cache := newInstance(t, redistest.Answering(t, readOnly), config())
		src := &source{}
		for range 2 {
			_, err := cache.Get(t.Context(), "7", src.load)
			require.NoError(t, err)
		}
		cache.requireLookups(t, map[string]int{"local miss": 1, "local hit": 1, "redis miss": 1, "redis error": 1})
	})
}

func TestNonsenseInRedisIsReplaced(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		cfg := config()
		cfg.LocalEntries = 0
		cache := newInstance(t, r.Client, cfg)
		src := &source{value: product{Name: "pen"}}
		_, err := cache.Get(t.Context(), "good", src.load)
		require.NoError(t, err)
		good := r.Client.Get(t.Context(), "cache:product:v1:good").Val()
		head, _, _ := strings.Cut(good, "{")
		for i, nonsense := range []string{"", "-", head + "{]", "-[]", "?"} {
			key := strconv.Itoa(i)
			require.NoError(t, r.Client.Set(t.Context(), "cache:product:v1:"+key, nonsense, 0).Err())
			for range 3 {
				got, err := cache.Get(t.Context(), key, src.load)
				require.NoError(t, err)
				require.Equal(t, src.value, got)
			}
		}
		require.EqualValues(t, 1+10, src.asked.Load(), "once without storing, once to store, for each")
	})
}

func TestAValueOfAReleaseWithOtherFieldsIsReplaced(t *testing.T) {
	type withPriority struct {
		product

		Priority int
	}
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		old := newInstance(t, r.Client, config())
		src := &source{value: product{Name: "pen"}}
		_, err := old.Get(t.Context(), "7", src.load)
		require.NoError(t, err)

		metrics := cache.NewMetrics(prometheus.NewRegistry())
		next, err := cache.New[withPriority](r.Client, "product", 1, config(), metrics)
		require.NoError(t, err)
		got, err := next.Get(t.Context(), "7", func(context.Context, string) (withPriority, error) {
			return withPriority{src.value, 3}, nil
		})
		require.NoError(t, err)
		require.Equal(t, 3, got.Priority, "not that of a value which had none")

		require.NoError(t, old.Invalidate(t.Context(), "7"))
		require.Equal(t, "!", r.Client.Get(t.Context(), "cache:product:v1:7").Val(), "releases forget for each other")
	})
}

func TestLocalEntriesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config()
		cfg.NegativeTTL = 10 * time.Second
		cache := newInstance(t, redistest.Answering(t, func(context.Context, redis.Cmder) error { return errors.New("down") }), cfg)
		src := &source{}
		none := &source{err: apierror.New(apierror.NotFound, "PRODUCT_NOT_FOUND", "product not found")}
		read := func() {
			_, _ = cache.Get(t.Context(), "7", src.load)
			_, _ = cache.Get(t.Context(), "8", none.load)
		}
		read()
		time.Sleep(cfg.NegativeTTL)
		read()
		require.Equal(t, []int64{1, 2}, []int64{src.asked.Load(), none.asked.Load()})
		time.Sleep(cfg.LocalTTL - cfg.NegativeTTL)
		read()
		require.Equal(t, []int64{2, 3}, []int64{src.asked.Load(), none.asked.Load()})
	})
}

// An instance always reads its own writes, whatever the order of things.
func TestReadersSeeWhatThisInstanceHasWritten(t *testing.T) {
	redistest.Each(t, func(t *testing.T, r redistest.Redis) {
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			instances := []instance{newInstance(t, r.Client, config()), newInstance(t, r.Client, config())}
			values := map[string]int64{}
			load := func(_ context.Context, key string) (product, error) { return product{Sold: values[key]}, nil }
			writes := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 20).Draw(rt, "writes")
			for i, choice := range writes {
				key, writer := fmt.Sprintf("%d-%d", run, choice%2), instances[choice/2]
				values[key] = int64(i)
				require.NoError(rt, writer.Invalidate(t.Context(), key))
				for range 2 {
					got, err := writer.Get(t.Context(), key, load)
					require.NoError(rt, err)
					require.EqualValues(rt, i, got.Sold)
				}
			}
		})
	})
}
