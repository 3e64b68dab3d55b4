package app

import (
	"goldpath.local/service/pkg/ratelimit"
)

// limits knows how often callers may call.
type limits struct {
	limiter *ratelimit.Limits
}

// wireRateLimit adds the quotas of the configuration.
func (a *App) wireRateLimit() error {
	metrics := ratelimit.NewMetrics(a.registry)
	limiter, err := ratelimit.NewLimits(a.cfg.RateLimit, metrics, a.newLimiter(metrics))
	if err != nil {
		return err
	}
	a.limiter = limiter
	return nil
}

// limiterMaker makes the limiter of one quota.
type limiterMaker func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error)
