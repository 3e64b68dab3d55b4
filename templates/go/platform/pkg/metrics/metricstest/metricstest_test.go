package metricstest_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/metrics/metricstest"
)

func TestValueFindsTheSeriesOfTheLabels(t *testing.T) {
	registry := prometheus.NewRegistry()
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "calls_total"}, []string{"target", "outcome"})
	size := prometheus.NewGauge(prometheus.GaugeOpts{Name: "size"})
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds"})
	registry.MustRegister(calls, size, took)
	calls.WithLabelValues("payments", "ok").Add(2)
	size.Set(3)
	took.Observe(100)
	took.Observe(200)

	value := func(name string, labels ...string) int {
		return int(metricstest.Value(t, registry, name, labels...))
	}
	require.Equal(t, 2, value("calls_total", "ok", "payments"))
	require.Equal(t, 3, value("size"))
	require.Equal(t, 2, value("took_seconds"))
	require.Zero(t, value("calls_total", "ok"), "every label counts")
	require.Zero(t, value("other"))
}
