package metrics_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/buildinfo"
	"goldpath.local/service/pkg/metrics"
)

func scrape(t *testing.T, registry *prometheus.Registry, accept ...string) string {
	t.Helper()
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header["Accept"] = accept
	metrics.Handler(registry).ServeHTTP(rec, req)
	require.Equal(t, http.StatusOK, rec.Code)
	return rec.Body.String()
}

func TestRegistryTellsBuildAndRuntime(t *testing.T) {
	page := scrape(t, metrics.NewRegistry(buildinfo.Info{Version: "v1.2.3", Commit: "abc", Go: "go1.26"}))
	require.Contains(t, page, `build_info{commit="abc",go="go1.26",version="v1.2.3"} 1`)
	require.Contains(t, page, "go_goroutines")
	require.Contains(t, page, "process_resident_memory_bytes")
}

func TestRequestsAreMeasuredByRoutePattern(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := metrics.NewHTTP(registry)

	end := m.Begin(http.MethodGet)
	require.Contains(t, scrape(t, registry), "http_server_requests_in_flight 1")
	end(t.Context(), "/tasks/:id", http.StatusOK)
	m.Begin("BREW")(t.Context(), "unmatched", http.StatusNotFound)

	page := scrape(t, registry)
	require.Contains(t, page, "http_server_requests_in_flight 0")
	require.Contains(t, page, `http_server_request_duration_seconds_count{method="GET",route="/tasks/:id",status="200"} 1`)
	require.Contains(t, page, `http_server_request_duration_seconds_count{method="OTHER",route="unmatched",status="404"} 1`)
}

func TestSampledTracesAreExemplars(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := metrics.NewHTTP(registry)
	span := func(id byte, flags trace.TraceFlags) context.Context {
		return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{id}, SpanID: trace.SpanID{id}, TraceFlags: flags,
		}))
	}
	m.Begin(http.MethodGet)(span(1, trace.FlagsSampled), "/sampled", http.StatusOK)
	m.Begin(http.MethodGet)(span(2, 0), "/unsampled", http.StatusOK)

	page := scrape(t, registry, "application/openmetrics-text")
	require.Contains(t, page, `# {trace_id="01000000000000000000000000000000"}`)
	require.NotContains(t, page, `{trace_id="02`)
	require.NotContains(t, scrape(t, registry), "trace_id", "the plain text format has no exemplars")
}

func TestMetricNamesFollowTheConventions(t *testing.T) {
	registry := metrics.NewRegistry(buildinfo.Info{})
	metrics.NewHTTP(registry).Begin(http.MethodGet)(t.Context(), "/x", http.StatusOK)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}
