// Package postgrestest gives every test a PostgreSQL database of its own.
package postgrestest

import (
	"context"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	container "github.com/testcontainers/testcontainers-go/modules/postgres"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/containertest"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/migrate"
	"goldpath.local/service/pkg/testkit"
)

// EnvDSN names the variable with the URI of a server on which the tests may
// create databases, e.g. postgres://postgres@127.0.0.1:5432/postgres.
const EnvDSN = "TEST_POSTGRES_DSN"

// image is the one that CI runs as a service.
const image = "postgres:17.6-bookworm@sha256:f3bd19c606e442c3d7bdfa8002e03fe260a1023351e0ea4598032022b68dd6e3"

// server is shared by all tests of the process: starting one takes seconds.
var server = &testkit.Server{Name: "PostgreSQL", Env: EnvDSN, Run: runContainer}

// Stop ends the container, if one was started; pass it to testkit.VerifyMain.
func Stop(ctx context.Context) error { return server.Stop(ctx) }

// Config returns the configuration of a new, empty database that is dropped
// when the test ends. The server is the one that EnvDSN names, else one in a
// container; where there is neither, the test ends as testkit.Missing says.
func Config(t testing.TB) postgres.Config {
	t.Helper()
	dsn := server.Address(t)
	name := "test_" + strings.ToLower(rand.Text())
	execute(t, dsn, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, dsn, "DROP DATABASE "+name+" WITH (FORCE)") })

	address, err := url.Parse(dsn)
	require.NoError(t, err, "the address of the server must be a URI")
	address.Path = "/" + name
	return postgres.Config{
		DSN:             config.Secret(address.String()),
		MaxConns:        8,
		MaxConnLifetime: time.Hour,
		ConnectTimeout:  5 * time.Second,
	}
}

// Proxied is Config behind a proxy, with the address that avoids it.
func Proxied(t testing.TB) (cfg postgres.Config, proxy *testkit.Proxy, server *url.URL) {
	t.Helper()
	cfg = Config(t)
	server, err := url.Parse(cfg.DSN.Reveal())
	require.NoError(t, err)
	proxy = testkit.NewProxy(t, server.Host)
	behind := *server
	behind.Host = proxy.Addr()
	cfg.DSN = config.Secret(behind.String())
	return cfg, proxy, server
}

// Open returns a pool that is closed when the test ends.
func Open(t testing.TB, cfg postgres.Config) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), cfg, "test")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// Pool returns a pool on a new database with the migrations applied.
func Pool(t testing.TB, migrations fs.FS) *pgxpool.Pool {
	t.Helper()
	pool := Open(t, Config(t))
	require.NoError(t, migrate.Up(t.Context(), pool, migrations, slog.New(slog.DiscardHandler)))
	return pool
}

func runContainer(ctx context.Context) (testkit.Container, error) {
	run := func(ctx context.Context) (*container.PostgresContainer, error) {
		return container.Run(ctx, image, container.BasicWaitStrategies())
	}
	address := func(ctx context.Context, c *container.PostgresContainer) (string, error) {
		return c.ConnectionString(ctx, "sslmode=disable")
	}
	return containertest.Run(ctx, run, address)
}

func execute(t testing.TB, dsn, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // cleanup runs after the test's context has ended
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err, "connect to the server of the tests")
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
}
