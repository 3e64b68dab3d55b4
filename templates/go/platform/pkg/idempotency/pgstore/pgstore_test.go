package pgstore_test

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/idempotency/idempotencytest"
	"goldpath.local/service/pkg/idempotency/pgstore"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m, postgrestest.Stop) }

func migrations() fs.FS {
	return fstest.MapFS{"00001_idempotency.sql": {Data: []byte(pgstore.Migration)}}
}

func TestStore(t *testing.T) {
	pool := postgrestest.Pool(t, migrations())
	idempotencytest.Run(t, func(t *testing.T) idempotencytest.Instance {
		_, err := pool.Exec(t.Context(), "TRUNCATE idempotency_keys")
		require.NoError(t, err)
		return idempotencytest.Instance{Store: pgstore.New(pool)}
	})
}

func TestTheAnswerIsStoredIfAndOnlyIfTheWorkIs(t *testing.T) {
	pool := postgrestest.Pool(t, migrations())
	guard, err := idempotency.NewGuard(pgstore.New(pool), idempotency.Config{
		Lease: time.Minute, Retention: time.Hour, MaxBodyBytes: 100, StoreTimeout: 10 * time.Second,
	})
	require.NoError(t, err)
	rolledBack := errors.New("rolled back")
	for _, outcome := range []error{rolledBack, nil} {
		attempt, err := guard.Begin(t.Context(), "ada", "k1", "f")
		require.NoError(t, err)
		require.Equal(t, idempotency.New, attempt.Outcome)
		err = postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			if err := guard.On(pgstore.New(tx)).Complete(t.Context(), attempt, idempotency.Response{Status: 201}); err != nil {
				return err
			}
			return outcome
		})
		require.ErrorIs(t, err, outcome)
		if outcome != nil {
			require.NoError(t, guard.Abandon(t.Context(), attempt))
		}
	}
	attempt, err := guard.Begin(t.Context(), "ada", "k1", "f")
	require.NoError(t, err)
	require.Equal(t, idempotency.Replay, attempt.Outcome)
}

func TestPurgeDeletesWhatHasExpired(t *testing.T) {
	pool := postgrestest.Pool(t, migrations())
	store := pgstore.New(pool)
	for n := range 5 {
		claim := idempotency.Claim{ID: strconv.Itoa(n), Fingerprint: "f", Owner: "a"}
		require.NoError(t, store.Complete(t.Context(), claim, idempotency.Response{}, time.Microsecond))
	}
	_, err := store.Begin(t.Context(), idempotency.Claim{ID: "live"}, time.Hour)
	require.NoError(t, err)
	for _, want := range []int{3, 2, 0} {
		purged, err := store.Purge(t.Context(), 3)
		require.NoError(t, err)
		require.Equal(t, want, purged)
	}
	var left int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM idempotency_keys").Scan(&left))
	require.Equal(t, 1, left)
}

func TestNonsenseIsReported(t *testing.T) {
	pool := postgrestest.Pool(t, migrations())
	_, err := pool.Exec(t.Context(), `INSERT INTO idempotency_keys VALUES ('1', 'f', 'a', '{', now() + interval '1 hour')`)
	require.NoError(t, err)
	_, err = pgstore.New(pool).Begin(t.Context(), idempotency.Claim{ID: "1", Fingerprint: "f"}, time.Minute)
	require.ErrorContains(t, err, "decode response")
}

func TestAnOutageIsReported(t *testing.T) {
	pool, err := postgres.Open(t.Context(), postgres.Config{
		DSN: "postgres://127.0.0.1:1/nowhere", MaxConns: 1, MaxConnLifetime: time.Hour, ConnectTimeout: time.Second,
	}, "test")
	require.NoError(t, err)
	defer pool.Close()
	store := pgstore.New(pool)
	_, begin := store.Begin(t.Context(), idempotency.Claim{}, time.Minute)
	_, purge := store.Purge(t.Context(), 1)
	for _, err := range []error{
		begin, purge,
		store.Complete(t.Context(), idempotency.Claim{}, idempotency.Response{}, time.Minute),
		store.Abandon(t.Context(), idempotency.Claim{}),
	} {
		require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
	}
}

// fleeting is a table whose entry is gone whenever one looks.
type fleeting struct{ pgstore.DB }

type noRow struct{}

func (noRow) Scan(...any) error { return pgx.ErrNoRows }

func (f fleeting) QueryRow(context.Context, string, ...any) pgx.Row { return noRow{} }

func TestBeginGivesUpOnAnEntryThatComesAndGoes(t *testing.T) {
	pool := postgrestest.Pool(t, migrations())
	_, err := pgstore.New(pool).Begin(t.Context(), idempotency.Claim{ID: "1", Owner: "a"}, time.Minute)
	require.NoError(t, err)
	_, err = pgstore.New(fleeting{pool}).Begin(t.Context(), idempotency.Claim{ID: "1", Owner: "b"}, time.Minute)
	require.ErrorContains(t, err, "gave up")
}

func BenchmarkBegin(b *testing.B) {
	idempotencytest.Benchmark(b, pgstore.New(postgrestest.Pool(b, migrations())))
}
