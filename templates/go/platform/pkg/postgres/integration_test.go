package postgres_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
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
	return postgrestest.Open(t, cfg)
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
	cfg := postgrestest.Config(t)
	for _, mode := range []string{"cache_statement", "exec"} { // binary and text format
		cfg.QueryExecMode = mode
		var (
			untyped any
			typed   time.Time
			list    []time.Time
			span    pgtype.Range[time.Time]
		)
		row := postgrestest.Open(t, cfg).QueryRow(t.Context(), "SELECT now(), now(), ARRAY[now()], tstzrange(now(), now() + interval '1 h')")
		require.NoError(t, row.Scan(&untyped, &typed, &list, &span))
		for _, got := range []any{untyped, typed, list[0], span.Lower, span.Upper} {
			require.Equal(t, time.UTC, got.(time.Time).Location(), mode)
		}
	}
}

// Each of two doctors may go off call while the other stays. At a weaker level
// both would: no row is written by two transactions ("write skew").
func TestSerializableTransactionsActAsIfAlone(t *testing.T) {
	pool := open(t)
	_, err := pool.Exec(t.Context(), "CREATE TABLE doctors (id int PRIMARY KEY, on_call bool); INSERT INTO doctors VALUES (1, true), (2, true)")
	require.NoError(t, err)
	metrics := postgres.NewTxMetrics()
	var together sync.WaitGroup
	together.Add(2)
	leave := func(id int) error {
		first := true
		return postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			var onCall int
			if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM doctors WHERE on_call").Scan(&onCall); err != nil {
				return err
			}
			if first {
				first = false
				together.Done()
				together.Wait() // both have read before either writes
			}
			if onCall < 2 {
				return errors.New("nobody else is on call")
			}
			_, err := tx.Exec(t.Context(), "UPDATE doctors SET on_call = false WHERE id = $1", id)
			return err
		}, postgres.Serializable(), postgres.Measured(metrics))
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = leave(i + 1) })
	}
	wg.Wait()
	require.ErrorContains(t, errors.Join(errs...), "nobody else is on call")
	var onCall int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM doctors WHERE on_call").Scan(&onCall))
	require.Equal(t, 1, onCall)
	problems, err := testutil.CollectAndLint(metrics)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestReadOnlyTransactionsRefuseWrites(t *testing.T) {
	err := postgres.InTx(t.Context(), open(t), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "CREATE TABLE t ()")
		return err
	}, postgres.Serializable(), postgres.ReadOnly(), postgres.Deferrable())
	require.ErrorContains(t, err, "25006")
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
	require.NoError(t, check(t.Context()))

	other := open(t)
	other.Close()
	require.Error(t, postgres.ReachableCheck(other)(t.Context()))
}

func TestPoolMetrics(t *testing.T) {
	pool := open(t)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.NoError(t, testutil.CollectAndCompare(postgres.NewCollector(pool, nil), strings.NewReader(`
# HELP postgres_pool_connections Connections of the pool, by state.
# TYPE postgres_pool_connections gauge
postgres_pool_connections{state="connecting"} 0
postgres_pool_connections{state="idle"} 0
postgres_pool_connections{state="used"} 1
# HELP postgres_pool_max_connections Size of the pool.
# TYPE postgres_pool_max_connections gauge
postgres_pool_max_connections 8
`), "postgres_pool_connections", "postgres_pool_max_connections"))
	problems, err := testutil.CollectAndLint(postgres.NewCollector(pool, nil))
	require.NoError(t, err)
	require.Empty(t, problems)
}
