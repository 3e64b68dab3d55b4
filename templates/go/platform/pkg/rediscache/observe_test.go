package rediscache_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	secret "goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
	"goldpath.local/service/pkg/testkit"
)

func TestCommandsHaveASpanOnlyWithinOne(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	client, err := rediscache.Open(redistest.Config(t), rediscache.WithTracing(tel.TracerProvider()))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()

	require.NoError(t, rediscache.ReachableCheck(client)(t.Context()))
	require.Empty(t, recorder.Ended(), "probes make no spans")

	ctx, root := tel.TracerProvider().Tracer("test").Start(t.Context(), "work")
	require.NoError(t, client.Set(ctx, "personal-key", "personal-value", time.Minute).Err())
	_, err = client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Get(ctx, "personal-key")
		pipe.Del(ctx, "personal-key")
		return nil
	})
	require.NoError(t, err)
	root.End()

	names := map[string]bool{}
	for _, span := range recorder.Ended() {
		names[span.Name()] = true
		require.Equal(t, root.SpanContext().TraceID(), span.SpanContext().TraceID())
		for _, attribute := range span.Attributes() {
			require.NotContains(t, attribute.Value.String(), "personal", "arguments are not recorded")
		}
	}
	require.Contains(t, names, "set")
	require.Contains(t, names, "redis.pipeline get del")
}

func TestABusyPoolIsReachableAndAClosedOneIsNot(t *testing.T) {
	cfg := redistest.Config(t)
	cfg.PoolSize = 1
	client, err := rediscache.Open(cfg)
	require.NoError(t, err)
	check := rediscache.ReachableCheck(client)
	require.NoError(t, check(t.Context()))

	busy := client.Conn()
	require.NoError(t, busy.Ping(t.Context()).Err())
	require.NoError(t, check(t.Context()))
	require.NoError(t, busy.Close())

	require.NoError(t, client.Close())
	require.Error(t, check(t.Context()))
}

// All connections being at work says nothing about Redis: it may hang.
func TestABusyPoolOfARedisThatHangsIsNotReachable(t *testing.T) {
	fake := redistest.Fake(t).Fake
	proxy := testkit.NewProxy(t, fake.Addr())
	cfg := rediscache.Config{
		URL: secret.Secret("redis://" + proxy.Addr()), PoolSize: 1,
		PoolTimeout: time.Second, DialTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: time.Second,
	}
	client, err := rediscache.Open(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	check := rediscache.ReachableCheck(client)
	busy := client.Conn()
	require.NoError(t, busy.Ping(t.Context()).Err())
	defer func() { require.NoError(t, busy.Close()) }()
	require.NoError(t, check(t.Context()))

	proxy.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.Error(t, check(ctx))
	proxy.Restore(t)
	require.NoError(t, check(t.Context()))
	fake.SetError("ERR max number of clients reached")
	require.NoError(t, check(t.Context()), "it answers")
}

func TestPoolMetrics(t *testing.T) {
	client := redistest.Client(t)
	busy := client.Conn()
	require.NoError(t, busy.Ping(t.Context()).Err())
	defer func() { require.NoError(t, busy.Close()) }()
	require.NoError(t, testutil.CollectAndCompare(rediscache.NewCollector(client), strings.NewReader(`
# HELP redis_pool_connections Connections of the pool, by state.
# TYPE redis_pool_connections gauge
redis_pool_connections{state="idle"} 0
redis_pool_connections{state="used"} 1
# HELP redis_pool_max_connections Size of the pool.
# TYPE redis_pool_max_connections gauge
redis_pool_max_connections 16
`), "redis_pool_connections", "redis_pool_max_connections"))
	problems, err := testutil.CollectAndLint(rediscache.NewCollector(client))
	require.NoError(t, err)
	require.Empty(t, problems)
}
