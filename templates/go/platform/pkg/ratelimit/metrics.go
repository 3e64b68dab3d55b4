package ratelimit

import "github.com/prometheus/client_golang/prometheus"

// Metrics measures all limiters of a service.
type Metrics struct {
	decisions      *prometheus.CounterVec
	failed, paused prometheus.Counter
}

// NewMetrics registers the metrics of limiters, once per service.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ratelimit_decisions_total",
		Help: "Decisions by policy and result (allowed, limited).",
	}, []string{"policy", "result"})
	fallbacks := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ratelimit_fallbacks_total",
		Help: "Decisions made by this instance alone: the shared limiter failed, or is left alone (paused).",
	}, []string{"reason"})
	registry.MustRegister(decisions, fallbacks)
	return &Metrics{
		decisions: decisions,
		failed:    fallbacks.WithLabelValues("failed"),
		paused:    fallbacks.WithLabelValues("paused"),
	}
}

func (m *Metrics) measure(policy string, l Limiter) limiter {
	return limiter{
		Limiter: l,
		allowed: m.decisions.WithLabelValues(policy, "allowed"),
		limited: m.decisions.WithLabelValues(policy, "limited"),
	}
}
