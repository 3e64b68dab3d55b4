package app

import "goldpath.local/service/pkg/ratelimit"

// newLimiter counts in the memory of this instance: n instances allow n times
// as much.
func (a *App) newLimiter(*ratelimit.Metrics) limiterMaker {
	return func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
		return ratelimit.NewLocal(policy, quota, a.cfg.RateLimit.MaxKeys)
	}
}
