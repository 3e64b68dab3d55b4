package handlers_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/logging"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// things is an API with one route.
func things(routes gin.IRouter) {
	routes.GET("/api/v1/things", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	routes.POST("/api/v1/things", func(c *gin.Context) { c.Status(http.StatusCreated) })
}

func newRouter(t *testing.T, configure ...func(*handlers.RouterOptions)) http.Handler {
	t.Helper()
	tel, _ := telemetrytest.Recording(t)
	opts := handlers.RouterOptions{
		Log:            slog.New(slog.DiscardHandler),
		Metrics:        metrics.NewHTTP(prometheus.NewRegistry()),
		Telemetry:      tel,
		BodyLimit:      16 << 10,
		RequestTimeout: 5 * time.Second,
	}
	for _, c := range configure {
		c(&opts)
	}
	return handlers.NewRouter(opts, things)
}

// do sends a request without a body; headers are pairs of name and value.
func do(t *testing.T, router http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	router.ServeHTTP(rec, req)
	return rec
}

// refused requires a problem document with this status and reason.
func refused(t *testing.T, rec *httptest.ResponseRecorder, status int, reason string) apierror.Problem {
	t.Helper()
	require.Equal(t, status, rec.Code, rec.Body.String())
	require.Equal(t, apierror.ContentType, rec.Header().Get("Content-Type"))
	var problem apierror.Problem
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &problem))
	require.Equal(t, reason, problem.Reason)
	require.Equal(t, rec.Header().Get("X-Request-Id"), problem.RequestID)
	return problem
}

func TestUnknownPathsAndMethodsAreProblems(t *testing.T) {
	router := newRouter(t)
	problem := refused(t, do(t, router, http.MethodGet, "/nothing/here"), http.StatusNotFound, "ROUTE_NOT_FOUND")
	require.Equal(t, "/nothing/here", problem.Instance)
	wrong := do(t, router, http.MethodPut, "/api/v1/things")
	refused(t, wrong, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	require.Equal(t, "GET, POST", wrong.Header().Get("Allow"))
}

// A redirect would be an answer without a record, a request id or a caller.
func TestPathsThatAreAlmostRightAreNotRedirected(t *testing.T) {
	router := newRouter(t)
	for _, path := range []string{"/api/v1/things/", "//api/v1/things", "/API/v1/things"} {
		refused(t, do(t, router, http.MethodGet, path), http.StatusNotFound, "ROUTE_NOT_FOUND")
	}
}

func TestEveryRequestHasAnID(t *testing.T) {
	router := newRouter(t)
	require.Equal(t, "abc-1.2_3", do(t, router, http.MethodGet, "/x", "X-Request-ID", "abc-1.2_3").Header().Get("X-Request-ID"))
	for _, forged := range []string{"", "a b", `{"x":1}`, string(bytes.Repeat([]byte("x"), 65))} {
		id := do(t, router, http.MethodGet, "/x", "X-Request-ID", forged).Header().Get("X-Request-ID")
		require.NotEqual(t, forged, id)
		require.NotEmpty(t, id)
	}
}

func TestAccessLogHasOneRecordPerRequest(t *testing.T) {
	var out bytes.Buffer
	log, err := logging.New(&out, logging.Options{Backend: logging.Zap, Level: slog.LevelInfo})
	require.NoError(t, err)
	router := newRouter(t, func(opts *handlers.RouterOptions) { opts.Log = log })

	answer := do(t, router, http.MethodGet, "/nothing?token=secret", "X-Request-ID", "r1",
		"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", refused(t, answer, http.StatusNotFound, "ROUTE_NOT_FOUND").TraceID)

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
	router := newRouter(t, func(opts *handlers.RouterOptions) { opts.Metrics = metrics.NewHTTP(registry) })
	for _, path := range []string{"/a", "/b", "/c"} {
		do(t, router, http.MethodGet, path)
	}
	count, err := testutil.GatherAndCount(registry, "http_server_request_duration_seconds")
	require.NoError(t, err)
	require.Equal(t, 1, count, "paths without a route share one series")
}

func TestRequestsAreTracedByTheirRoute(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	registry := prometheus.NewRegistry()
	router := newRouter(t, func(opts *handlers.RouterOptions) {
		opts.Telemetry, opts.Metrics = tel, metrics.NewHTTP(registry)
	})
	do(t, router, http.MethodGet, "/api/v1/things")
	do(t, router, http.MethodGet, "/nothing/here")

	spans := recorder.Ended()
	require.Len(t, spans, 2)
	require.Equal(t, "GET /api/v1/things", spans[0].Name())
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
	router := newRouter(t, func(opts *handlers.RouterOptions) { opts.Log = log })
	do(t, router, http.MethodGet, "/x", "X-Forwarded-For", "6.6.6.6", "X-Real-IP", "6.6.6.6")
	require.NotContains(t, out.String(), "6.6.6.6")
	require.Contains(t, out.String(), `"client_ip":"192.0.2.1"`)
}

func TestTrustedProxiesTellWhoTheClientIs(t *testing.T) {
	var out bytes.Buffer
	log, err := logging.New(&out, logging.Options{Backend: logging.Logrus, Level: slog.LevelInfo})
	require.NoError(t, err)
	router := newRouter(t, func(opts *handlers.RouterOptions) {
		opts.Log, opts.TrustedProxies = log, []string{"192.0.2.0/24", "10.1.1.1"}
	})
	do(t, router, http.MethodGet, "/x", "X-Forwarded-For", "6.6.6.6, 198.51.100.7, 10.1.1.1", "X-Real-IP", "6.6.6.6")
	require.Contains(t, out.String(), `"client_ip":"198.51.100.7"`, "what it wrote itself, a client cannot move to the right")
}
