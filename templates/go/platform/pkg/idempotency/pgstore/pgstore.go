// Package pgstore keeps idempotency keys in PostgreSQL, where the answer can be stored
// in the same transaction as the work: then both happen, once, or neither.
package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/postgres"
)

// Migration makes the table, in the form of goose. Copy it into the migrations of the
// service.
const Migration = `-- +goose Up
CREATE TABLE idempotency_keys (
    id          text        PRIMARY KEY,
    fingerprint text        NOT NULL,
    owner       text        NOT NULL,
    response    bytea,                -- NULL while the first request is being worked on
    expires_at  timestamptz NOT NULL  -- the end of the lease, and then of the retention
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

-- +goose Down
DROP TABLE idempotency_keys;
`

// maxAttempts bounds how often Begin tries to catch an entry that comes and goes.
const maxAttempts = 5

// DB runs statements: a pool, a connection, or a transaction.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Store is an idempotency.Store in PostgreSQL. Times are those of the server.
type Store struct {
	db DB
}

// New returns a store on db. Begin belongs on a pool, since others must see it at once;
// Complete and Abandon may also be part of a transaction.
func New(db DB) *Store { return &Store{db} }

// Begin implements idempotency.Store.
func (s *Store) Begin(
	ctx context.Context, claim idempotency.Claim, lease time.Duration,
) (idempotency.Found, error) {
	for range maxAttempts {
		tag, err := s.db.Exec(ctx, `
			INSERT INTO idempotency_keys AS k (id, fingerprint, owner, expires_at)
			VALUES ($1, $2, $3, clock_timestamp() + $4::interval)
			ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, owner = excluded.owner,
				response = NULL, expires_at = excluded.expires_at
			WHERE k.expires_at <= clock_timestamp()
				OR (k.response IS NULL AND k.owner = excluded.owner AND k.fingerprint = excluded.fingerprint)`,
			claim.ID, claim.Fingerprint, claim.Owner, lease)
		if err != nil {
			return idempotency.Found{}, fmt.Errorf("claim key: %w", postgres.Translate(err))
		}
		if tag.RowsAffected() == 1 {
			return idempotency.Found{Outcome: idempotency.New}, nil
		}
		found, err := s.find(ctx, claim)
		if !errors.Is(err, pgx.ErrNoRows) {
			return found, err
		}
		// It has expired or was abandoned between the two statements.
	}
	return idempotency.Found{}, fmt.Errorf("claim key: gave up after %d attempts", maxAttempts)
}

// find tells about a key that somebody has, or returns pgx.ErrNoRows.
func (s *Store) find(ctx context.Context, claim idempotency.Claim) (idempotency.Found, error) {
	var (
		found       idempotency.Found
		fingerprint string
		response    []byte
	)
	err := s.db.QueryRow(ctx, `
		SELECT fingerprint, response, expires_at - clock_timestamp()
		FROM idempotency_keys WHERE id = $1 AND expires_at > clock_timestamp()`, claim.ID).
		Scan(&fingerprint, &response, &found.RetryAfter)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return found, err
	case err != nil:
		return found, fmt.Errorf("read key: %w", postgres.Translate(err))
	case fingerprint != claim.Fingerprint:
		return idempotency.Found{Outcome: idempotency.Mismatch}, nil
	case response == nil:
		found.Outcome = idempotency.InProgress
		return found, nil
	}
	found = idempotency.Found{Outcome: idempotency.Replay}
	if err := json.Unmarshal(response, &found.Response); err != nil {
		return found, fmt.Errorf("decode response: %w", err)
	}
	return found, nil
}

// Complete implements idempotency.Store.
func (s *Store) Complete(
	ctx context.Context, claim idempotency.Claim, response idempotency.Response, retention time.Duration,
) error {
	encoded, err := json.Marshal(response)
	if err != nil {
		return fmt.Errorf("encode response: %w", err)
	}
	tag, err := s.db.Exec(ctx, `
		INSERT INTO idempotency_keys AS k (id, fingerprint, owner, response, expires_at)
		VALUES ($1, $2, $3, $4, clock_timestamp() + $5::interval)
		ON CONFLICT (id) DO UPDATE SET response = excluded.response, expires_at = excluded.expires_at
		WHERE k.owner = excluded.owner`,
		claim.ID, claim.Fingerprint, claim.Owner, encoded, retention)
	if err != nil {
		return fmt.Errorf("store response: %w", postgres.Translate(err))
	}
	if tag.RowsAffected() == 0 {
		return idempotency.ErrLost
	}
	return nil
}

// Abandon implements idempotency.Store.
func (s *Store) Abandon(ctx context.Context, claim idempotency.Claim) error {
	_, err := s.db.Exec(ctx, `DELETE FROM idempotency_keys WHERE id = $1 AND owner = $2 AND response IS NULL`,
		claim.ID, claim.Owner)
	if err != nil {
		return fmt.Errorf("release key: %w", postgres.Translate(err))
	}
	return nil
}

// Purge deletes at most limit entries that have expired and returns how many. Run it
// from time to time, until it returns less than limit: nothing else removes keys that
// are not used again. Instances that purge at the same time do not wait for each other.
func (s *Store) Purge(ctx context.Context, limit int) (int, error) {
	tag, err := s.db.Exec(ctx, `
		DELETE FROM idempotency_keys WHERE id IN (
			SELECT id FROM idempotency_keys WHERE expires_at <= clock_timestamp()
			ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`, limit)
	if err != nil {
		return 0, fmt.Errorf("purge keys: %w", postgres.Translate(err))
	}
	return int(tag.RowsAffected()), nil
}
