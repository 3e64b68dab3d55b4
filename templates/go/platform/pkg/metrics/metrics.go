// Package metrics holds the Prometheus registry and the metrics of requests.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/buildinfo"
)

// NewRegistry returns a registry of its own, to which no imported package adds unasked.
func NewRegistry(build buildinfo.Info) *prometheus.Registry {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "build_info",
		Help:        "Always 1; the labels say which build is running.",
		ConstLabels: prometheus.Labels{"version": build.Version, "commit": build.Commit, "go": build.Go},
	})
	info.Set(1)
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		info,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return registry
}

// Handler exposes the registry and counts its own scrapes. Scrapers that ask for
// OpenMetrics get exemplars too.
func Handler(registry *prometheus.Registry) http.Handler {
	return promhttp.InstrumentMetricHandler(registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		Registry:          registry,
		EnableOpenMetrics: true,
	}))
}

// HTTP measures rate, errors and duration by route, and how many are in flight.
type HTTP struct {
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewHTTP registers the request metrics.
func NewHTTP(registry prometheus.Registerer) *HTTP {
	m := &HTTP{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_server_request_duration_seconds",
			Help:    "Time to answer a request, by method, route pattern and status code.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_server_requests_in_flight",
			Help: "Requests that are being answered now.",
		}),
	}
	registry.MustRegister(m.duration, m.inFlight)
	return m
}

// Begin counts a request in; the returned function counts it out. route must
// be the pattern ("/tasks/:id"), never the path: labels must stay few. When the
// context holds a sampled trace, that trace is the exemplar of the measurement.
func (m *HTTP) Begin(method string) func(ctx context.Context, route string, status int) {
	begin := time.Now()
	m.inFlight.Inc()
	return func(ctx context.Context, route string, status int) {
		m.inFlight.Dec()
		Observe(ctx, m.duration.WithLabelValues(knownMethod(method), route, strconv.Itoa(status)), time.Since(begin))
	}
}

// Observe measures how long something took. When the context holds a sampled
// trace, that trace is the exemplar of the measurement.
func Observe(ctx context.Context, histogram prometheus.Observer, took time.Duration) {
	span := trace.SpanContextFromContext(ctx)
	exemplars, ok := histogram.(prometheus.ExemplarObserver)
	if !ok || !span.IsSampled() {
		histogram.Observe(took.Seconds())
		return
	}
	exemplars.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": span.TraceID().String()})
}

// knownMethod keeps clients from inventing label values.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "OTHER"
	}
}
