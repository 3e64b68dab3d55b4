package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/postgres"
)

func valid() postgres.Config {
	return postgres.Config{
		DSN: "postgres://app:hunter2@localhost/app", MaxConns: 4,
		MaxConnLifetime: time.Hour, ConnectTimeout: time.Second, StatementTimeout: time.Second,
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, valid().Validate())
	err := postgres.Config{MinConns: 1}.Validate()
	for _, part := range []string{"dsn", "max_conns", "min_conns", "timeouts"} {
		require.ErrorContains(t, err, part)
	}
}

func TestOpenNeverQuotesTheDSN(t *testing.T) {
	cfg := valid()
	cfg.DSN = "postgres://app:hunter2@local host:x/app"
	_, err := postgres.Open(t.Context(), cfg, "test")
	require.ErrorContains(t, err, "postgres.dsn")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestTranslate(t *testing.T) {
	code := func(code string) error { return &pgconn.PgError{Code: code} }
	tests := map[string]struct {
		err  error
		want apierror.Kind
	}{
		"duplicate":     {code("23505"), apierror.Conflict},
		"serialization": {code("40001"), apierror.Conflict},
		"canceled":      {code("57014"), apierror.Timeout},
		"shutdown":      {code("57P01"), apierror.Unavailable},
		"too many":      {code("53300"), apierror.Unavailable},
		"connection":    {code("08006"), apierror.Unavailable},
		"network":       {&net.OpError{Op: "dial", Err: errors.New("refused")}, apierror.Unavailable},
		"syntax":        {code("42601"), apierror.Internal},
		"deadline":      {context.DeadlineExceeded, apierror.Timeout},
		"typed":         {apierror.New(apierror.NotFound, "X", "x"), apierror.NotFound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := postgres.Translate(fmt.Errorf("query: %w", tc.err))
			require.Equal(t, tc.want, apierror.From(got).Kind)
			require.ErrorIs(t, got, tc.err, "the cause is kept for the log")
		})
	}
	require.NoError(t, postgres.Translate(nil))
}

// database begins transactions whose outcomes are scripted.
type database struct {
	begins    int
	rollbacks int
	beginErr  error
	commitErr error
}

type transaction struct {
	pgx.Tx
	db *database
}

func (d *database) Begin(context.Context) (pgx.Tx, error) {
	d.begins++
	return transaction{db: d}, d.beginErr
}

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

func TestInTxStopsRetryingWhenTheCallerHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	db := &database{}
	conflict := &pgconn.PgError{Code: "40001"}
	err := postgres.InTx(ctx, db, func(pgx.Tx) error { cancel(); return conflict })
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, conflict)
	require.Equal(t, 1, db.begins)
}
