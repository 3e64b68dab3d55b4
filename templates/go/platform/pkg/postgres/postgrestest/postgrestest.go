// Package postgrestest gives every test a PostgreSQL database of its own.
package postgrestest

import (
	"context"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/postgres"
)

// EnvDSN names the variable with the URI of a server on which the tests may
// create databases, e.g. postgres://postgres@127.0.0.1:5432/postgres.
const EnvDSN = "TEST_POSTGRES_DSN"

// EnvRequire names the variable that turns a missing server from a skip into a
// failure; CI sets it to 1.
const EnvRequire = "TEST_REQUIRE_DEPS"

// Config returns the configuration of a new, empty database that is dropped
// when the test ends. Without a server the test is skipped.
func Config(t testing.TB) postgres.Config {
	t.Helper()
	dsn := os.Getenv(EnvDSN)
	if dsn == "" {
		missing(t)
	}
	name := "test_" + strings.ToLower(rand.Text())
	execute(t, dsn, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, dsn, "DROP DATABASE "+name+" WITH (FORCE)") })

	address, err := url.Parse(dsn)
	require.NoError(t, err, "%s must be a URI", EnvDSN)
	address.Path = "/" + name
	return postgres.Config{
		DSN:             config.Secret(address.String()),
		MaxConns:        8,
		MaxConnLifetime: time.Hour,
		ConnectTimeout:  5 * time.Second,
	}
}

// Pool returns a pool on a new database with the migrations applied.
func Pool(t testing.TB, migrations fs.FS) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), Config(t), "test")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, postgres.Migrate(t.Context(), pool, migrations, slog.New(slog.DiscardHandler)))
	return pool
}

func missing(t testing.TB) {
	t.Helper()
	if os.Getenv(EnvRequire) == "1" {
		t.Fatalf("%s is not set and %s=1 forbids to skip", EnvDSN, EnvRequire)
	}
	t.Skipf("NOT TESTED: set %s to run this test against PostgreSQL", EnvDSN)
}

func execute(t testing.TB, dsn, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // cleanup runs after the test's context has ended
	conn, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err, "connect to %s", EnvDSN)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
}
