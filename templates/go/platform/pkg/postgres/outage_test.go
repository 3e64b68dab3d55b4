package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/testkit"
)

const patience = 20 * time.Second

// kill ends the server processes of other connections to the same database, as
// an administrator or a failover does, and waits until they have gone.
func kill(t *testing.T, admin *pgxpool.Pool) {
	t.Helper()
	const others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	_, err := admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) "+others)
	require.NoError(t, err)
	testkit.Eventually(t, patience, func() error {
		var left int
		if err := admin.QueryRow(t.Context(), "SELECT count(*) "+others).Scan(&left); err != nil || left > 0 {
			return fmt.Errorf("%d connections are left: %w", left, err)
		}
		return nil
	})
}

func TestATransactionWhoseConnectionIsKilledRunsAgain(t *testing.T) {
	cfg := postgrestest.Config(t)
	pool, admin := postgrestest.Open(t, cfg), postgrestest.Open(t, cfg)
	metrics, runs := postgres.NewTxMetrics(), 0
	err := postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		runs++
		if _, err := tx.Exec(t.Context(), "CREATE TABLE once (id int)"); err != nil {
			return err
		}
		if runs == 1 {
			kill(t, admin)
		}
		_, err := tx.Exec(t.Context(), "INSERT INTO once VALUES (1)")
		return err
	}, postgres.Measured(metrics))
	require.NoError(t, err)
	require.Equal(t, 2, runs)
	require.NoError(t, testutil.CollectAndCompare(metrics, strings.NewReader(`
# HELP postgres_transaction_retries_total How often a transaction was run again, by reason.
# TYPE postgres_transaction_retries_total counter
postgres_transaction_retries_total{reason="connection_lost"} 1
postgres_transaction_retries_total{reason="deadlock"} 0
postgres_transaction_retries_total{reason="serialization_failure"} 0
`), "postgres_transaction_retries_total"))
	var rows int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM once").Scan(&rows))
	require.Equal(t, 1, rows)
}

func TestIdleConnectionsThatWereKilledHurtNoTransaction(t *testing.T) {
	cfg := postgrestest.Config(t)
	pool, admin := postgrestest.Open(t, cfg), postgrestest.Open(t, cfg)
	conns := make([]*pgxpool.Conn, 3)
	for i := range conns {
		var err error
		conns[i], err = pool.Acquire(t.Context())
		require.NoError(t, err)
	}
	for _, conn := range conns {
		conn.Release()
	}
	kill(t, admin)
	require.NoError(t, postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT 1")
		return err
	}))
}

// The restart is simulated: a proxy breaks all connections, refuses new ones for
// a while, and accepts again.
func TestThePoolSurvivesARestartOfTheServer(t *testing.T) {
	cfg, proxy, _ := postgrestest.Proxied(t)
	pool := postgrestest.Open(t, cfg)
	check := postgres.ReachableCheck(pool)
	read := func() error {
		return postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "SELECT 1")
			return err
		})
	}
	require.NoError(t, read())
	require.NoError(t, check(t.Context()))

	proxy.Cut()
	require.Error(t, check(t.Context()))
	require.Equal(t, apierror.Unavailable, apierror.From(postgres.Translate(read())).Kind)

	proxy.Restore(t)
	require.NoError(t, read())
	require.NoError(t, check(t.Context()))
}

// All connections being at work says nothing about the database: it may hang.
func TestABusyPoolIsReachableUnlessTheDatabaseHangs(t *testing.T) {
	cfg, proxy, _ := postgrestest.Proxied(t)
	cfg.MaxConns = 1
	pool := postgrestest.Open(t, cfg)
	check := postgres.ReachableCheck(pool)
	within := func(limit time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		return check(ctx)
	}
	busy, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer busy.Release()
	require.NoError(t, within(patience))

	proxy.Hang()
	require.ErrorIs(t, within(100*time.Millisecond), context.DeadlineExceeded)
	proxy.Restore(t)
	require.NoError(t, within(patience))
	proxy.Cut()
	require.Error(t, within(patience))
}

func TestAServerWithoutAFreeConnectionIsReachable(t *testing.T) {
	cfg, _, server := postgrestest.Proxied(t)
	admin := postgrestest.Open(t, cfg)
	const role = "limited"
	_, err := admin.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN CONNECTION LIMIT 1")
	require.NoError(t, err)
	defer func() {
		_, err := admin.Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+role)
		require.NoError(t, err)
	}()
	server.User = url.User(role)
	cfg.DSN, cfg.MaxConns = config.Secret(server.String()), 1
	pool := postgrestest.Open(t, cfg)
	busy, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer busy.Release()
	require.NoError(t, postgres.ReachableCheck(pool)(t.Context()))
}

// Two proxies stand for two hosts, of which one serves at a time. That a host is
// a standby is simulated by a database that is read-only by default, which is
// what target_session_attrs asks for.
func TestADSNWithSeveralHostsFollowsAFailover(t *testing.T) {
	cfg, a, server := postgrestest.Proxied(t)
	b := testkit.NewProxy(t, server.Host)
	b.Cut()
	hosts, query := *server, server.Query()
	query.Set("target_session_attrs", "read-write")
	hosts.RawQuery = query.Encode()
	cfg.DSN = config.Secret(strings.Replace(hosts.String(), server.Host, a.Addr()+","+b.Addr(), 1))
	pool := postgrestest.Open(t, cfg)
	_, err := pool.Exec(t.Context(), "CREATE TABLE t (id int)")
	require.NoError(t, err)

	a.Cut()
	b.Restore(t)
	testkit.Eventually(t, patience, func() error {
		_, err := pool.Exec(t.Context(), "INSERT INTO t VALUES (1)")
		return err
	})

	name := server.Path[1:]
	_, err = pool.Exec(t.Context(), "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	require.NoError(t, err)
	pool.Reset()
	err = pool.Ping(t.Context())
	require.ErrorContains(t, err, "read only")
	require.Equal(t, apierror.Unavailable, apierror.From(postgres.Translate(err)).Kind)

	promote(t, server, name)
	require.NoError(t, pool.Ping(t.Context()))
}

// A primary that is demoted keeps its connections.
func TestConnectionsToAServerThatTakesNoWritesAreLeft(t *testing.T) {
	cfg := postgrestest.Config(t)
	cfg.MaxConns = 1
	pool := postgrestest.Open(t, cfg)
	_, err := pool.Exec(t.Context(), "CREATE TABLE t (id int)")
	require.NoError(t, err)
	demote := func() {
		_, err := pool.Exec(t.Context(), "SET default_transaction_read_only = on")
		require.NoError(t, err)
	}

	demote()
	_, err = pool.Exec(t.Context(), "INSERT INTO t VALUES (1)")
	require.Equal(t, apierror.Unavailable, apierror.From(postgres.Translate(err)).Kind)
	_, err = pool.Exec(t.Context(), "INSERT INTO t VALUES (1)")
	require.NoError(t, err)

	demote()
	require.NoError(t, postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO t VALUES (1)")
		return err
	}), "it runs again on another connection")
}

// promote lets the database take writes again.
func promote(t *testing.T, server *url.URL, name string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, server.String())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, "SET default_transaction_read_only = off")
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" RESET default_transaction_read_only")
	require.NoError(t, err)
}
