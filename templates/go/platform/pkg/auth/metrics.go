package auth

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	refreshes *prometheus.CounterVec
	refused   *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "auth_jwks_refreshes_total",
			Help: "Attempts to fetch the keys of the issuer, by result.",
		}, []string{"result"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "auth_tokens_refused_total",
			Help: "Tokens that were not accepted, by the check that they failed.",
		}, []string{"reason"}),
	}
	// A counter that appears with its first event hides that event from rate().
	for _, result := range []string{resultOK, resultUnreachable, resultInvalid} {
		m.refreshes.WithLabelValues(result)
	}
	for _, reason := range refusals() {
		m.refused.WithLabelValues(string(reason))
	}
	return m
}

func (m *metrics) register(registry prometheus.Registerer, keys *keyCache) {
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "auth_jwks_age_seconds",
		Help: "Time since the keys in force were fetched; +Inf while there are none.",
	}, func() float64 {
		set := keys.current.Load()
		if set == nil {
			return math.Inf(1)
		}
		return keys.now().Sub(set.fetched).Seconds()
	})
	count := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "auth_jwks_keys",
		Help: "Keys in force.",
	}, func() float64 {
		set := keys.current.Load()
		if set == nil {
			return 0
		}
		return float64(len(set.keys))
	})
	registry.MustRegister(m.refreshes, m.refused, age, count)
}
