package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/postgres"
)

// database begins transactions whose outcomes are scripted.
type database struct {
	begins    int
	rollbacks int
	beginErr  error
	commitErr error
	options   pgx.TxOptions
}

type transaction struct {
	pgx.Tx
	db *database
}

func (d *database) BeginTx(_ context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	d.begins++
	d.options = options
	return transaction{db: d}, d.beginErr
}

func (t transaction) Conn() *pgx.Conn { return nil }

func (t transaction) Commit(context.Context) error { return t.db.commitErr }

func (t transaction) Rollback(ctx context.Context) error {
	t.db.rollbacks++
	return ctx.Err()
}

func TestInTxRetriesOnlyWhatMaySucceedNextTime(t *testing.T) {
	tests := map[string]struct {
		err    error
		begins int
	}{
		"success":       {nil, 1},
		"serialization": {&pgconn.PgError{Code: "40001"}, 4},
		"deadlock":      {&pgconn.PgError{Code: "40P01"}, 4},
		"duplicate":     {&pgconn.PgError{Code: "23505"}, 1},
		"domain":        {errors.New("not allowed"), 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := &database{}
				err := postgres.InTx(t.Context(), db, func(pgx.Tx) error { return tc.err })
				require.ErrorIs(t, err, tc.err)
				require.Equal(t, tc.begins, db.begins)
				require.Equal(t, tc.begins, db.rollbacks, "every transaction is closed")
			})
		})
	}
}

func TestInTxRetriesAFailedCommitAndThenSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{commitErr: &pgconn.PgError{Code: "40001"}}
		err := postgres.InTx(t.Context(), db, func(pgx.Tx) error {
			if db.begins == 3 {
				db.commitErr = nil
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 3, db.begins)
	})
}

func TestInTxReportsAFailedBegin(t *testing.T) {
	refused := errors.New("refused")
	err := postgres.InTx(t.Context(), &database{beginErr: refused}, func(pgx.Tx) error {
		t.Error("fn must not run without a transaction")
		return nil
	})
	require.ErrorIs(t, err, refused)
}

func TestInTxPassesItsOptionsOn(t *testing.T) {
	db := &database{}
	nothing := func(pgx.Tx) error { return nil }
	require.NoError(t, postgres.InTx(t.Context(), db, nothing))
	require.Equal(t, pgx.TxOptions{}, db.options, "the default is that of the server")
	require.NoError(t, postgres.InTx(t.Context(), db, nothing,
		postgres.Serializable(), postgres.ReadOnly(), postgres.Deferrable()))
	require.Equal(t, pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}, db.options)
	require.NoError(t, postgres.InTx(t.Context(), db, nothing, postgres.RepeatableRead()))
	require.Equal(t, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, db.options)
}

// Whatever fails how often, fn runs at most as often as allowed, and the waits
// between are bounded.
func TestInTxIsBounded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		attempts := rapid.IntRange(-1, 12).Draw(rt, "attempts")
		failures := rapid.IntRange(0, 15).Draw(rt, "failures")
		db, took := &database{}, time.Duration(0)
		var err error
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			err = postgres.InTx(t.Context(), db, func(pgx.Tx) error {
				if db.begins <= failures {
					return &pgconn.PgError{Code: "40001"}
				}
				return nil
			}, postgres.Attempts(attempts))
			took = time.Since(start)
		})
		allowed := max(1, attempts)
		require.Equal(rt, failures >= allowed, err != nil)
		require.Equal(rt, min(allowed, failures+1), db.begins)
		require.LessOrEqual(rt, took, time.Duration(allowed)*250*time.Millisecond)
	})
}

func TestInTxRetriesABeginOnAConnectionThatHasEnded(t *testing.T) {
	tests := map[string]struct {
		err    error
		begins int
	}{
		"killed":         {&pgconn.PgError{Code: "57P01"}, 4},
		"closed":         {pgconn.ErrConnClosed, 4},
		"cannot connect": {&pgconn.ConnectError{Config: &pgconn.Config{}}, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := &database{beginErr: tc.err}
				require.Error(t, postgres.InTx(t.Context(), db, func(pgx.Tx) error { return nil }))
				require.Equal(t, tc.begins, db.begins)
			})
		})
	}
}

// Nobody knows whether a commit whose answer is lost has taken place.
func TestInTxNeverRepeatsACommitWithoutAnAnswer(t *testing.T) {
	db := &database{commitErr: pgconn.ErrConnClosed}
	require.ErrorIs(t, postgres.InTx(t.Context(), db, func(pgx.Tx) error { return nil }), pgconn.ErrConnClosed)
	require.Equal(t, 1, db.begins)
}

func TestTransactionsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := postgres.NewTxMetrics()
		run := func(err error, failures int) {
			db := &database{}
			_ = postgres.InTx(t.Context(), db, func(pgx.Tx) error {
				if db.begins <= failures {
					return err
				}
				return nil
			}, postgres.Measured(metrics))
		}
		run(nil, 0)
		run(&pgconn.PgError{Code: "40001"}, 2)
		run(&pgconn.PgError{Code: "40P01"}, 9)
		run(errors.New("not allowed"), 1)
		require.NoError(t, testutil.CollectAndCompare(metrics, strings.NewReader(`
# HELP postgres_transaction_retries_total How often a transaction was run again, by reason.
# TYPE postgres_transaction_retries_total counter
postgres_transaction_retries_total{reason="connection_lost"} 0
postgres_transaction_retries_total{reason="deadlock"} 3
postgres_transaction_retries_total{reason="serialization_failure"} 2
# HELP postgres_transactions_total Transactions by outcome: committed, rolled_back, or gave_up when no attempts were left.
# TYPE postgres_transactions_total counter
postgres_transactions_total{outcome="committed"} 2
postgres_transactions_total{outcome="gave_up"} 1
postgres_transactions_total{outcome="rolled_back"} 1
`)))
	})
}

func TestInTxStopsRetryingWhenTheCallerHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	db := &database{}
	conflict := &pgconn.PgError{Code: "40001"}
	err := postgres.InTx(ctx, db, func(pgx.Tx) error { cancel(); return conflict })
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, conflict)
	require.Equal(t, 1, db.begins)
}
