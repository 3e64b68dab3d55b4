package metrics_test

import (
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/metrics"
)

// What measuring costs every request, with and without an exemplar.
func BenchmarkBegin(b *testing.B) {
	sampled := trace.ContextWithSpanContext(b.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
	}))
	requests := metrics.NewHTTP(prometheus.NewRegistry())
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			requests.Begin(http.MethodGet)(b.Context(), "/tasks/:id", http.StatusOK)
		}
	})
	b.Run("exemplar", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			requests.Begin(http.MethodGet)(sampled, "/tasks/:id", http.StatusOK)
		}
	})
}
