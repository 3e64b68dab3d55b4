package app

import (
	"context"
	"log/slog"
	"time"

	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/idempotency/pgstore"
	"goldpath.local/service/pkg/lifecycle"
)

const (
	purgeInterval = time.Minute
	purgeBatch    = 1000
)

// newIdempotencyStore keeps the keys of requests in the database, and removes
// those that are over.
//
//nolint:unparam // other stores can fail
func (a *App) newIdempotencyStore() (idempotency.Store, error) {
	store := pgstore.New(a.pool)
	a.group.Add(lifecycle.Background("idempotency keys", func(ctx context.Context) error {
		return purge(ctx, store, a.log)
	}, a.group.Fail))
	return store, nil
}

// purger removes at most limit keys that are over, and returns how many.
type purger interface {
	Purge(ctx context.Context, limit int) (int, error)
}

// purge removes keys from time to time until ctx ends. What it cannot remove now
// it removes later.
func purge(ctx context.Context, store purger, log *slog.Logger) error {
	ticker := time.NewTicker(purgeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		for removed := purgeBatch; removed == purgeBatch; {
			var err error
			if removed, err = store.Purge(ctx, purgeBatch); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "idempotency keys not purged", "error", err)
			}
		}
	}
}
