package app

import (
	"fmt"
	"slices"
	"strings"

	"goldpath.local/service/pkg/ratelimit"
)

// limits knows how often callers may call.
type limits struct {
	limiter    *ratelimit.Limits
	operations []string // that there are
}

// announce tells the limits which operations there are.
func (l *limits) announce(operations []string) {
	l.operations = append(l.operations, operations...)
}

// checkQuotas refuses quotas of operations that are not there: they would limit
// nothing, and nobody would notice.
func (l *limits) checkQuotas() error {
	unknown := l.limiter.Unknown(l.operations)
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(l.operations)
	return fmt.Errorf("ratelimit.operations: there is no %s; there are %s",
		strings.Join(unknown, ", "), strings.Join(l.operations, ", "))
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
