package app

import "goldpath.local/service/pkg/idempotency"

// maxIdempotencyKeys bounds the keys in memory: an answer may take 64 KiB.
const maxIdempotencyKeys = 10_000

// newIdempotencyStore keeps the keys of requests in memory, as everything else:
// they are lost when the process ends.
func (a *App) newIdempotencyStore() (idempotency.Store, error) {
	return idempotency.NewMemory(maxIdempotencyKeys)
}
