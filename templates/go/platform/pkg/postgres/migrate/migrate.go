// Package migrate brings the schema of a PostgreSQL database up to date, and says
// whether it is.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Up applies the migrations that are missing, in order. Instances that
// start it at the same time wait for each other (a session lock), so each
// migration runs once.
func Up(ctx context.Context, pool *pgxpool.Pool, migrations fs.FS, log *slog.Logger) (err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := newProvider(db, migrations)
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		log.InfoContext(ctx, "migration applied", "file", r.Source.Path, "took", r.Duration)
	}
	if err != nil {
		return fmt.Errorf("apply migrations: %w", err)
	}
	log.InfoContext(ctx, "database is up to date", "applied", len(results))
	return nil
}

// Check returns a readiness check that fails while migrations are
// missing, so that a new version takes no traffic before its schema is there.
// A schema that was once complete is not looked at again.
func Check(pool *pgxpool.Pool, migrations fs.FS) func(ctx context.Context) error {
	var complete atomic.Bool
	return func(ctx context.Context) error {
		if complete.Load() {
			return nil
		}
		pending, err := hasPending(ctx, pool, migrations)
		switch {
		case err != nil:
			return err
		case pending:
			return errors.New("migrations are pending: run the migrate command")
		}
		complete.Store(true)
		return nil
	}
}

func hasPending(ctx context.Context, pool *pgxpool.Pool, migrations fs.FS) (pending bool, err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := newProvider(db, migrations)
	if err != nil {
		return false, err
	}
	if pending, err = provider.HasPending(ctx); err != nil {
		return false, fmt.Errorf("look for pending migrations: %w", err)
	}
	return pending, nil
}

func newProvider(db *sql.DB, migrations fs.FS) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("create session locker: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations, goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}
