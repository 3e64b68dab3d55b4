package component

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

// trace starts the service, lets requests run against it, and returns the spans
// that a collector had received when the service had stopped.
func trace(t *testing.T, requests func(s *service)) []telemetrytest.Span {
	t.Helper()
	prepare(t)
	collector := telemetrytest.NewCollector(t)
	s := start(t)
	requests(s)
	s.stop()
	require.Zero(t, <-s.code)
	return collector.Spans()
}

// ofRequests returns the spans of requests; the others belong to them.
func ofRequests(spans []telemetrytest.Span) []telemetrytest.Span {
	var roots []telemetrytest.Span
	for _, span := range spans {
		if span.ParentID == "" {
			roots = append(roots, span)
		}
	}
	return roots
}

func TestEveryRequestIsATraceAndProbesAreNone(t *testing.T) {
	roots := ofRequests(trace(t, func(s *service) {
		s.call(t, http.MethodPost, s.api, "/api/v1/tasks", `{"title":"Buy milk"}`, "")
		s.call(t, http.MethodGet, s.api, "/api/v1/tasks", "", "")
		s.call(t, http.MethodGet, s.admin, "/livez", "", "")
	}))

	require.Len(t, roots, 2, "the probes of start and of this test make no spans")
	require.Equal(t, "POST /api/v1/tasks", roots[0].Name)
	require.Equal(t, "GET /api/v1/tasks", roots[1].Name)
	require.NotEqual(t, roots[0].TraceID, roots[1].TraceID)
	require.Equal(t, "/api/v1/tasks", roots[0].Attributes["http.route"])
	require.Equal(t, "local", roots[0].Attributes["deployment.environment.name"])
	require.NotEmpty(t, roots[0].Attributes["service.name"])
	require.NotEmpty(t, roots[0].Attributes["service.version"])
}
