package cache

import "github.com/prometheus/client_golang/prometheus"

// Metrics measures all caches of a service.
type Metrics struct {
	lookups *prometheus.CounterVec
	unfit   *prometheus.CounterVec
	loads   *prometheus.HistogramVec
	errors  *prometheus.CounterVec
}

// NewMetrics registers the metrics of caches, once per service.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cache_lookups_total",
			Help: "Lookups by cache, level (local, redis) and result (hit, miss, error). Failed writes count as errors.",
		}, []string{"cache", "level", "result"}),
		unfit: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cache_unfit_values_total",
			Help: "Values that were not cached because they are too large or have no JSON.",
		}, []string{"cache"}),
		loads: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "cache_load_duration_seconds",
			Help:    "Time to read a value from its source.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"cache"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cache_load_errors_total",
			Help: "Reads from the source that failed. A value that does not exist is no failure.",
		}, []string{"cache"}),
	}
	registry.MustRegister(m.lookups, m.unfit, m.loads, m.errors)
	return m
}

// counters are the metrics of one cache; finding them by label for every
// read would take longer than the read.
type counters struct {
	localHits, localMisses              prometheus.Counter
	redisHits, redisMisses, redisErrors prometheus.Counter
	unfit, loadErrors                   prometheus.Counter
	loadSeconds                         prometheus.Observer
}

func (m *Metrics) of(cache string) counters {
	return counters{
		localHits:   m.lookups.WithLabelValues(cache, "local", "hit"),
		localMisses: m.lookups.WithLabelValues(cache, "local", "miss"),
		redisHits:   m.lookups.WithLabelValues(cache, "redis", "hit"),
		redisMisses: m.lookups.WithLabelValues(cache, "redis", "miss"),
		redisErrors: m.lookups.WithLabelValues(cache, "redis", "error"),
		unfit:       m.unfit.WithLabelValues(cache),
		loadErrors:  m.errors.WithLabelValues(cache),
		loadSeconds: m.loads.WithLabelValues(cache),
	}
}
