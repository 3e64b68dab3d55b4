package resilience

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/resilience/outcome"
)

// Metrics measures the calls to all targets of a service, which makes one.
type Metrics struct {
	duration       *prometheus.HistogramVec
	attempts       *prometheus.CounterVec
	retries        *prometheus.CounterVec
	retriesDenied  *prometheus.CounterVec
	refused        *prometheus.CounterVec
	breakerState   *prometheus.GaugeVec
	breakerChanges *prometheus.CounterVec
	inUse          *prometheus.GaugeVec
	waiting        *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "resilience_call_duration_seconds",
			Help:    "Time of calls with all their attempts and waits, by target and outcome.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"target", "outcome"}),
		attempts:       counter("attempts_total", "Attempts that were sent, by target and outcome.", "target", "outcome"),
		retries:        counter("retries_total", "Attempts after the first one, by target.", "target"),
		retriesDenied:  counter("retries_denied_total", "Retries that the budget did not allow, by target.", "target"),
		refused:        counter("refused_total", "Calls that were refused before they were sent, by target and reason.", "target", "reason"),
		breakerState:   gauge("breaker_state", "1 for the state that the circuit breaker is in, by target.", "target", "state"),
		breakerChanges: counter("breaker_transitions_total", "Changes of the circuit breaker, by target and new state.", "target", "state"),
		inUse:          gauge("bulkhead_in_use", "Places that are taken, by target.", "target"),
		waiting:        gauge("bulkhead_waiting", "Calls that wait for a place, by target.", "target"),
	}
	registry.MustRegister(m.duration, m.attempts, m.retries, m.retriesDenied, m.refused, m.breakerState,
		m.breakerChanges, m.inUse, m.waiting)
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "resilience", Name: name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "resilience", Name: name, Help: help}, labels)
}

// targetMetrics are the metrics of one target, looked up once.
type targetMetrics struct {
	duration       map[outcome.Outcome]prometheus.Observer
	attempts       map[outcome.Outcome]prometheus.Counter
	retries        prometheus.Counter
	retriesDenied  prometheus.Counter
	noTimeLeft     prometheus.Counter
	circuitOpen    prometheus.Counter
	bulkheadFull   prometheus.Counter
	breakerState   *prometheus.GaugeVec
	breakerChanges *prometheus.CounterVec
	inUse          prometheus.Gauge
	waiting        prometheus.Gauge
}

func (m *Metrics) of(target string) *targetMetrics {
	labels := prometheus.Labels{"target": target}
	t := &targetMetrics{
		duration:       map[outcome.Outcome]prometheus.Observer{},
		attempts:       map[outcome.Outcome]prometheus.Counter{},
		retries:        m.retries.With(labels),
		retriesDenied:  m.retriesDenied.With(labels),
		noTimeLeft:     m.refused.WithLabelValues(target, ReasonNoTimeLeft),
		circuitOpen:    m.refused.WithLabelValues(target, ReasonCircuitOpen),
		bulkheadFull:   m.refused.WithLabelValues(target, ReasonBulkheadFull),
		breakerState:   m.breakerState.MustCurryWith(labels),
		breakerChanges: m.breakerChanges.MustCurryWith(labels),
		inUse:          m.inUse.With(labels),
		waiting:        m.waiting.With(labels),
	}
	for end := outcome.Success; end <= outcome.Failed; end++ {
		t.duration[end] = m.duration.WithLabelValues(target, end.String())
		t.attempts[end] = m.attempts.WithLabelValues(target, end.String())
	}
	return t
}

func (t *targetMetrics) called(end outcome.Outcome, took time.Duration) {
	t.duration[end].Observe(took.Seconds())
}
