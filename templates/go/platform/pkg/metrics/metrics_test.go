package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/buildinfo"
	"goldpath.local/service/pkg/metrics"
)

func scrape(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	rec := httptest.NewRecorder()
	metrics.Handler(registry).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
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
	end("/tasks/:id", http.StatusOK)
	m.Begin("BREW")("unmatched", http.StatusNotFound)

	page := scrape(t, registry)
	require.Contains(t, page, "http_server_requests_in_flight 0")
	require.Contains(t, page, `http_server_request_duration_seconds_count{method="GET",route="/tasks/:id",status="200"} 1`)
	require.Contains(t, page, `http_server_request_duration_seconds_count{method="OTHER",route="unmatched",status="404"} 1`)
}

func TestMetricNamesFollowTheConventions(t *testing.T) {
	registry := metrics.NewRegistry(buildinfo.Info{})
	metrics.NewHTTP(registry).Begin(http.MethodGet)("/x", http.StatusOK)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}
