package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	defaultAttempts = 4
	firstBackoff    = 5 * time.Millisecond
	maxBackoff      = 250 * time.Millisecond
)

// Beginner starts transactions; *pgxpool.Pool and *pgx.Conn are. A pgx.Tx is
// not: within a transaction nothing can be run again.
type Beginner interface {
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
}

// TxOption changes how InTx runs a transaction.
type TxOption func(*txSettings)

type txSettings struct {
	options  pgx.TxOptions
	attempts int
	metrics  *TxMetrics
}

// Serializable runs the transaction as if no other ran beside it. The server
// aborts it when it cannot keep that promise; InTx then runs it again, so use it
// for every transaction on the same rows and raise Attempts where many compete.
func Serializable() TxOption {
	return func(s *txSettings) { s.options.IsoLevel = pgx.Serializable }
}

// RepeatableRead lets all statements see the database as it was at the first.
func RepeatableRead() TxOption {
	return func(s *txSettings) { s.options.IsoLevel = pgx.RepeatableRead }
}

// ReadOnly refuses statements that write.
func ReadOnly() TxOption {
	return func(s *txSettings) { s.options.AccessMode = pgx.ReadOnly }
}

// Deferrable makes the transaction wait at its first statement until it can run
// without any risk of being aborted or of aborting others. It acts only together
// with Serializable and ReadOnly, and suits long reports.
func Deferrable() TxOption {
	return func(s *txSettings) { s.options.DeferrableMode = pgx.Deferrable }
}

// Attempts bounds how often the transaction is run; 1 means never again, and
// anything below counts as 1.
func Attempts(n int) TxOption {
	return func(s *txSettings) { s.attempts = max(1, n) }
}

// Measured counts outcome and retries of the transaction.
func Measured(metrics *TxMetrics) TxOption {
	return func(s *txSettings) { s.metrics = metrics }
}

// InTx runs fn in a transaction and commits when it returns nil; otherwise it
// rolls back and returns the error of fn. When the server aborts the transaction
// because of a concurrent one (serialization failure, deadlock), or the
// connection breaks before the commit is sent, fn runs again after a short random
// wait, at most four times in all: it must have no effects outside the
// transaction. An error of the commit itself, other than an abort, is not
// retried, for nobody knows whether the commit has taken place.
func InTx(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error, opts ...TxOption) error {
	s := txSettings{attempts: defaultAttempts}
	for _, opt := range opts {
		opt(&s)
	}
	err := s.run(ctx, db, fn)
	s.metrics.done(err)
	return err
}

// errGaveUp marks that the last attempt, too, may have succeeded if run again.
var errGaveUp = errors.New("no attempts left")

func (s *txSettings) run(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		reason, err := s.once(ctx, db, fn)
		if reason == "" {
			return err
		}
		if attempt == s.attempts {
			return fmt.Errorf("run transaction %d times: %w: %w", attempt, errGaveUp, err)
		}
		if waitErr := backoff(ctx, attempt); waitErr != nil {
			return errors.Join(waitErr, err)
		}
		s.metrics.retried(reason)
	}
}

// once returns, with an error after which fn may run again, the reason.
func (s *txSettings) once(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) (reason string, err error) {
	tx, err := db.BeginTx(ctx, s.options)
	if err != nil {
		return lossReason(err), fmt.Errorf("begin transaction: %w", err)
	}
	// After a commit this does nothing. It must run even when ctx has ended,
	// or the connection goes back to the pool inside a transaction.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(tx); err != nil {
		if reason = abortReason(err); reason == "" && isClosed(tx) {
			reason = lossReason(err)
		}
		return reason, err
	}
	if err := tx.Commit(ctx); err != nil {
		return abortReason(err), fmt.Errorf("commit transaction: %w", err)
	}
	return "", nil
}

// isClosed reports whether the connection of tx is no longer usable; then the
// server has rolled back, or will.
func isClosed(tx pgx.Tx) bool {
	conn := tx.Conn()
	return conn != nil && conn.IsClosed()
}

// backoff waits a random time whose bound doubles with every attempt, so that
// two transactions that collided do not collide again ("full jitter").
func backoff(ctx context.Context, attempt int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limit := min(firstBackoff<<min(attempt, 10), maxBackoff)
	timer := time.NewTimer(rand.N(limit)) //nolint:gosec // jitter needs no secrecy
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
