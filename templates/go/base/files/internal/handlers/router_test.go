package handlers_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/pkg/logging"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

// serve sends a GET and fails unless it succeeds.
func serve(t testing.TB, router http.Handler, path string) {
	t.Helper()
	rec := httptest.NewRecorder()
	router.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, rec.Code, rec.Body)
	}
}

func TestUnknownPathsAndMethodsAreProblems(t *testing.T) {
	c := newClient(t)
	problem := c.do(http.MethodGet, "/nothing/here", "").refused(http.StatusNotFound, "ROUTE_NOT_FOUND")
	require.Equal(t, "/nothing/here", problem.Instance)
	refused := c.do(http.MethodPut, "/api/v1/tasks", "")
	refused.refused(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	require.Equal(t, "GET, POST", refused.header.Get("Allow"))
}

func TestEveryRequestHasAnID(t *testing.T) {
	c := newClient(t)
	require.Equal(t, "abc-1.2_3", c.do(http.MethodGet, "/x", "", "X-Request-ID", "abc-1.2_3").header.Get("X-Request-ID"))
	for _, forged := range []string{"", "a b", `{"x":1}`, string(bytes.Repeat([]byte("x"), 65))} {
		id := c.do(http.MethodGet, "/x", "", "X-Request-ID", forged).header.Get("X-Request-ID")
		require.NotEqual(t, forged, id)
		require.NotEmpty(t, id)
	}
}

func TestAccessLogHasOneRecordPerRequest(t *testing.T) {
	var out bytes.Buffer
	log, err := logging.New(&out, logging.Options{Backend: logging.Zap, Level: slog.LevelInfo})
	require.NoError(t, err)
	c := newClient(t, func(opts *handlers.RouterOptions) { opts.Log = log })

	answer := c.do(http.MethodGet, "/nothing?token=secret", "", "X-Request-ID", "r1",
		"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", answer.refused(http.StatusNotFound, "ROUTE_NOT_FOUND").TraceID)

	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record), "exactly one line")
	require.Equal(t, "r1", record["request_id"])
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", record["trace_id"])
	require.Len(t, record["span_id"], 16)
	require.NotEqual(t, "b7ad6b7169203331", record["span_id"], "the service's own span, not the caller's")
	require.Equal(t, "unmatched", record["route"])
	require.InDelta(t, 404, record["status"], 0)
	require.Equal(t, "info", record["level"], "a client's mistake is not an error of the service")
	require.Contains(t, record["error"], "ROUTE_NOT_FOUND")
	require.NotContains(t, out.String(), "secret", "queries may hold secrets")
}

func TestRequestsAreMeasuredWithFewLabels(t *testing.T) {
	registry := prometheus.NewRegistry()
	c := newClient(t, func(opts *handlers.RouterOptions) { opts.Metrics = metrics.NewHTTP(registry) })
	for _, path := range []string{"/a", "/b", "/c"} {
		c.do(http.MethodGet, path, "")
	}
	count, err := testutil.GatherAndCount(registry, "http_server_request_duration_seconds")
	require.NoError(t, err)
	require.Equal(t, 1, count, "paths without a route share one series")
}

func TestRequestsAreTracedByTheirRoute(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	registry := prometheus.NewRegistry()
	c := newClient(t, func(opts *handlers.RouterOptions) {
		opts.Telemetry, opts.Metrics = tel, metrics.NewHTTP(registry)
	})
	c.do(http.MethodGet, "/api/v1/tasks", "")
	c.do(http.MethodGet, "/nothing/here", "")

	spans := recorder.Ended()
	require.Len(t, spans, 2)
	require.Equal(t, "GET /api/v1/tasks", spans[0].Name())
	require.Equal(t, "GET", spans[1].Name(), "paths are invented by clients")
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text")
	metrics.Handler(registry).ServeHTTP(rec, req)
	require.Contains(t, rec.Body.String(), spans[0].SpanContext().TraceID().String(), "measurements point at a trace")
}

func TestClientsCannotForgeTheirAddress(t *testing.T) {
	var out bytes.Buffer
	log, err := logging.New(&out, logging.Options{Backend: logging.Logrus, Level: slog.LevelInfo})
	require.NoError(t, err)
	c := newClient(t, func(opts *handlers.RouterOptions) { opts.Log = log })
	c.do(http.MethodGet, "/x", "", "X-Forwarded-For", "6.6.6.6", "X-Real-IP", "6.6.6.6")
	require.NotContains(t, out.String(), "6.6.6.6")
	require.Contains(t, out.String(), `"client_ip":"192.0.2.1"`)
}
