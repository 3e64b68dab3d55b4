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
	maxAttempts  = 4
	firstBackoff = 5 * time.Millisecond
)

// Beginner starts transactions; *pgxpool.Pool is one.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// InTx runs fn in a transaction and commits when it returns nil. When the
// database aborts the transaction because of a concurrent one (serialization
// failure, deadlock), fn runs again, at most four times in all: it must have no
// effects outside the transaction.
func InTx(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	var err error
	for attempt := range maxAttempts {
		if attempt > 0 {
			if waitErr := backoff(ctx, attempt); waitErr != nil {
				return errors.Join(waitErr, err)
			}
		}
		if err = once(ctx, db, fn); !isRetryable(err) {
			return err
		}
	}
	return fmt.Errorf("give up after %d attempts: %w", maxAttempts, err)
}

func once(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	// After a commit this does nothing. It must run even when ctx has ended,
	// or the connection goes back to the pool inside a transaction.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	return nil
}

// backoff waits a random time that doubles with every attempt, so that two
// transactions that collided do not collide again.
func backoff(ctx context.Context, attempt int) error {
	limit := firstBackoff << attempt
	timer := time.NewTimer(rand.N(limit)) //nolint:gosec // jitter needs no secrecy
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
