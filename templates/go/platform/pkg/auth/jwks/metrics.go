package jwks

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
)

func newRefreshes() *prometheus.CounterVec {
	refreshes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "auth_jwks_refreshes_total",
		Help: "Attempts to fetch the keys of the issuer, by result.",
	}, []string{"result"})
	// A counter that appears with its first event hides that event from rate().
	for _, result := range []string{resultOK, resultUnreachable, resultInvalid} {
		refreshes.WithLabelValues(result)
	}
	return refreshes
}

func (c *Cache) age() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "auth_jwks_age_seconds",
		Help: "Time since the keys in force were fetched; +Inf while there are none.",
	}, func() float64 {
		found := c.current.Load()
		if found == nil {
			return math.Inf(1)
		}
		return c.cfg.Now().Sub(found.fetched).Seconds()
	})
}

func (c *Cache) count() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "auth_jwks_keys",
		Help: "Keys in force.",
	}, func() float64 {
		found := c.current.Load()
		if found == nil {
			return 0
		}
		return float64(len(found.keys))
	})
}
