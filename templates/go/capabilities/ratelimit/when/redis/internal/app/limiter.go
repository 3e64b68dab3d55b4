package app

import (
	"fmt"

	"goldpath.local/service/pkg/ratelimit"
	"goldpath.local/service/pkg/ratelimit/redislimit"
)

// newLimiter counts in Redis for all instances together. While Redis is down or
// slow, every instance counts by itself.
func (a *App) newLimiter(metrics *ratelimit.Metrics) limiterMaker {
	return func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
		local, err := ratelimit.NewLocal(policy, quota, a.cfg.RateLimit.MaxKeys)
		if err != nil {
			return nil, fmt.Errorf("make local limiter: %w", err)
		}
		shared, err := redislimit.New(a.redis, a.cfg.Service.Name, policy, quota)
		if err != nil {
			return nil, fmt.Errorf("make shared limiter: %w", err)
		}
		return ratelimit.NewFallback(shared, local, a.cfg.RateLimit.Shared, metrics), nil
	}
}
