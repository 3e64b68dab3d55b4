package postgres_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/postgrestest"
)

var migrations = fstest.MapFS{
	"00001_counter.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL, at timestamptz NOT NULL DEFAULT now());\n" +
			"INSERT INTO counter VALUES (1, 0);\n-- +goose Down\nDROP TABLE counter;\n",
	)},
}

func open(t *testing.T) *pgxpool.Pool {
	t.Helper()
	cfg := postgrestest.Config(t)
	cfg.StatementTimeout = 2 * time.Second
	pool, err := postgres.Open(t.Context(), cfg, "test")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestMigrateRunsEachMigrationOnceAmongCompetitors(t *testing.T) {
	pool := open(t)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() {
			errs[i] = postgres.Migrate(t.Context(), pool, migrations, slog.New(slog.DiscardHandler))
		})
	}
	wg.Wait()
	require.Equal(t, make([]error, 3), errs)

	var logged bytes.Buffer
	require.NoError(t, postgres.Migrate(t.Context(), pool, migrations, slog.New(slog.NewTextHandler(&logged, nil))))
	require.Contains(t, logged.String(), "applied=0")
}

func TestMigrateReportsBrokenMigrations(t *testing.T) {
	pool := open(t)
	broken := fstest.MapFS{"00001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABBLE x;\n")}}
	log := slog.New(slog.DiscardHandler)
	require.ErrorContains(t, postgres.Migrate(t.Context(), pool, broken, log), "apply migrations")
	require.ErrorContains(t, postgres.Migrate(t.Context(), pool, fstest.MapFS{}, log), "read migrations")
	require.ErrorContains(t, postgres.SchemaCheck(pool, fstest.MapFS{})(t.Context()), "read migrations")
}

func TestSchemaCheckFailsUntilMigratedAndThenRemembers(t *testing.T) {
	pool := open(t)
	check := postgres.SchemaCheck(pool, migrations)
	require.ErrorContains(t, check(t.Context()), "pending")
	require.NoError(t, postgres.Migrate(t.Context(), pool, migrations, slog.New(slog.DiscardHandler)))
	require.NoError(t, check(t.Context()))
	pool.Close()
	require.NoError(t, check(t.Context()))
	require.Error(t, postgres.SchemaCheck(pool, migrations)(t.Context()), "a fresh check needs the database")
}

func TestInTxSerialisesConcurrentIncrements(t *testing.T) {
	pool := postgrestest.Pool(t, migrations)
	const writers = 4
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for i := range errs {
		wg.Go(func() {
			errs[i] = postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				var n int
				if err := tx.QueryRow(t.Context(), "SELECT n FROM counter WHERE id = 1 FOR UPDATE").Scan(&n); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), "UPDATE counter SET n = $1 WHERE id = 1", n+1)
				return err
			})
		})
	}
	wg.Wait()
	require.Equal(t, make([]error, writers), errs)
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT n FROM counter").Scan(&n))
	require.Equal(t, writers, n)
}

func TestStatementTimeoutBecomesTimeout(t *testing.T) {
	pool := open(t)
	_, err := pool.Exec(t.Context(), "SET statement_timeout = 10; SELECT pg_sleep(5)")
	require.Equal(t, apierror.Timeout, apierror.From(postgres.Translate(err)).Kind)
}

func TestTimesArriveInUTC(t *testing.T) {
	pool := postgrestest.Pool(t, migrations)
	var at time.Time
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT at FROM counter").Scan(&at))
	require.Equal(t, time.UTC, at.Location())
}

func TestABusyPoolIsReachableAndAClosedOneIsNot(t *testing.T) {
	pool := open(t)
	check := postgres.ReachableCheck(pool)
	require.NoError(t, check(t.Context()))
	for range pool.Stat().MaxConns() {
		conn, err := pool.Acquire(t.Context())
		require.NoError(t, err)
		defer conn.Release()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.NoError(t, check(ctx))

	other := open(t)
	other.Close()
	require.Error(t, postgres.ReachableCheck(other)(t.Context()))
}

func TestPoolMetrics(t *testing.T) {
	pool := open(t)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.NoError(t, testutil.CollectAndCompare(postgres.NewCollector(pool), strings.NewReader(`
# HELP postgres_pool_connections Connections of the pool, by state.
# TYPE postgres_pool_connections gauge
postgres_pool_connections{state="connecting"} 0
postgres_pool_connections{state="idle"} 0
postgres_pool_connections{state="used"} 1
# HELP postgres_pool_max_connections Size of the pool.
# TYPE postgres_pool_max_connections gauge
postgres_pool_max_connections 8
`), "postgres_pool_connections", "postgres_pool_max_connections"))
	problems, err := testutil.CollectAndLint(postgres.NewCollector(pool))
	require.NoError(t, err)
	require.Empty(t, problems)
}
