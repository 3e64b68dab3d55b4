// Package redistest gives every test a Redis of its own: a fake within the process,
// or one of the databases of a real server.
package redistest

import (
	"context"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/rediscache"
)

// Redis is what a test works with.
type Redis struct {
	// Client is connected to it, and closed when the test ends.
	Client *redis.Client
	// Fake is nil when the server is real.
	Fake *miniredis.Miniredis
}

// Advance lets time pass on a fake, for expiry and for scripts that ask the time. On
// a real server time passes by itself: use short times to live, and Advance within
// testkit.Eventually.
func (r Redis) Advance(d time.Duration) {
	if r.Fake == nil {
		return
	}
	now := r.Client.Time(context.Background()).Val()
	r.Fake.SetTime(now.Add(d))
	r.Fake.FastForward(d)
}

// Each runs test twice: with a fake, and with a real server unless there is none.
func Each(t *testing.T, test func(t *testing.T, r Redis)) {
	t.Helper()
	t.Run("fake", func(t *testing.T) { test(t, Fake(t)) })
	t.Run("real", func(t *testing.T) { test(t, Redis{Client: Client(t)}) })
}

// Fake returns a fake whose clock stands still.
func Fake(t testing.TB) Redis {
	t.Helper()
	fake := miniredis.RunT(t)
	fake.SetTime(time.Now())
	return Redis{Client: open(t, settings("redis://"+fake.Addr())), Fake: fake}
}

// Client returns a client of an empty database of a real server; see Config.
func Client(t testing.TB) *redis.Client {
	t.Helper()
	return open(t, Config(t))
}

func open(t testing.TB, cfg rediscache.Config) *redis.Client {
	t.Helper()
	client, err := rediscache.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func settings(url string) rediscache.Config {
	const patience = 10 * time.Second
	return rediscache.Config{
		URL: config.Secret(url), PoolSize: 16,
		PoolTimeout: patience, DialTimeout: patience, ReadTimeout: patience, WriteTimeout: patience,
	}
}
