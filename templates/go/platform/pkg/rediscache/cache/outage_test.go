package cache_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	secret "goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/redistest"
	"goldpath.local/service/pkg/testkit"
)

func TestAnOutageIsSurvivedAndEndsByItself(t *testing.T) {
	r := redistest.Fake(t)
	proxy := testkit.NewProxy(t, r.Fake.Addr())
	client, err := rediscache.Open(rediscache.Config{
		URL:         secret.Secret("redis://" + proxy.Addr()),
		PoolSize:    50, // the library looks for a lost server once a second after so many failures
		PoolTimeout: time.Second, DialTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: time.Second,
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	cfg := config()
	cfg.LocalEntries = 0
	cache, src := newInstance(t, client, cfg), &source{value: product{Name: "pen"}}
	read := func() {
		got, err := cache.Get(t.Context(), "7", src.load)
		require.NoError(t, err)
		require.Equal(t, src.value, got)
	}

	read()
	read()
	require.EqualValues(t, 1, src.asked.Load())
	proxy.Cut()
	for range 5 {
		read()
	}
	require.EqualValues(t, 6, src.asked.Load(), "every read asks the source")
	proxy.Restore(t)
	testkit.Eventually(t, waitLimit, func() error {
		before := lookups(t, cache, "redis", "hit")
		read()
		if lookups(t, cache, "redis", "hit") == before {
			return errors.New("redis is still not used")
		}
		return nil
	})
}
