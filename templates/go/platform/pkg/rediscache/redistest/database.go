package redistest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	container "github.com/testcontainers/testcontainers-go/modules/redis"

	"goldpath.local/service/pkg/containertest"
	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/testkit"
)

// EnvURL names the variable with the URL of a server for tests, e.g.
// redis://127.0.0.1:6379. Tests take the databases 1 to 15 that are empty.
const EnvURL = "TEST_REDIS_URL"

const (
	image = "redis:7.2-alpine"
	// databases is how many a server has unless it is configured otherwise.
	databases = 16
	// lease is how long a test that was killed blocks its database.
	lease = 10 * time.Minute
	// patience is how long a test waits for others to give a database back.
	patience = time.Minute
)

// server is shared by the tests of a process; Stop ends it.
var server = &testkit.Server{Name: "Redis", Env: EnvURL, Run: func(ctx context.Context) (testkit.Container, error) {
	return containertest.Run(ctx,
		func(ctx context.Context) (*container.RedisContainer, error) { return container.Run(ctx, image) },
		func(ctx context.Context, c *container.RedisContainer) (string, error) { return c.ConnectionString(ctx) })
}}

// Stop ends the container that tests of this process have started, if any. Pass it
// to testkit.VerifyMain.
func Stop(ctx context.Context) error { return server.Stop(ctx) }

// claim takes the database of the connection for the owner ARGV[1] for ARGV[2] ms. It
// refuses databases in use and those with keys that are not from tests.
var claim = redis.NewScript(`
if redis.call('EXISTS', 'redistest:lease') == 1 then
  return 0
end
if redis.call('DBSIZE') > 0 and redis.call('EXISTS', 'redistest:owned') == 0 then
  return 0
end
redis.call('FLUSHDB')
redis.call('SET', 'redistest:owned', 1)
redis.call('SET', 'redistest:lease', ARGV[1], 'PX', ARGV[2])
return 1`)

// release empties the database of the connection if ARGV[1] still owns it.
var release = redis.NewScript(`
if redis.call('GET', 'redistest:lease') == ARGV[1] then
  redis.call('FLUSHDB')
end`)

// Config returns the configuration of a database that no other test uses until t
// ends, on the server that EnvURL names or else in a container. Without both t ends
// as testkit.Missing says. The database holds two keys that the test must leave.
func Config(t testing.TB) rediscache.Config {
	t.Helper()
	address, err := url.Parse(server.Address(t))
	require.NoError(t, err, "%s must be a URL", EnvURL)
	owner := rand.Text()
	var claimed rediscache.Config
	testkit.Eventually(t, patience, func() error {
		for database := 1; database < databases; database++ {
			address.Path = fmt.Sprintf("/%d", database)
			cfg := settings(address.String())
			switch taken, err := run(t, cfg, claim, owner, lease.Milliseconds()); {
			case err != nil:
				return err
			case taken == 1:
				claimed = cfg
				return nil
			}
		}
		return errors.New("every database is in use")
	})
	t.Cleanup(func() {
		if _, err := run(t, claimed, release, owner); !errors.Is(err, redis.Nil) {
			require.NoError(t, err)
		}
	})
	return claimed
}

// run runs a script in the database of cfg.
func run(t testing.TB, cfg rediscache.Config, script *redis.Script, args ...any) (int, error) {
	t.Helper()
	client, err := rediscache.Open(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	// A cleanup runs after the context of the test has ended.
	return script.Run(context.WithoutCancel(t.Context()), client, nil, args...).Int()
}
