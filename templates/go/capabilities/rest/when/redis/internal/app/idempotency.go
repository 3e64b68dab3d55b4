package app

import (
	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/idempotency/redisstore"
)

// newIdempotencyStore keeps the keys of requests in Redis.
//
//nolint:unparam // other stores can fail
func (a *App) newIdempotencyStore() (idempotency.Store, error) {
	return redisstore.New(a.redis, a.cfg.Service.Name), nil
}
