package component

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

// One request is one trace, from HTTP to the statements that it runs.
func TestStatementsBelongToTheTraceOfTheirRequest(t *testing.T) {
	spans := trace(t, func(s *service) {
		created := s.call(t, http.MethodPost, s.api, "/api/v1/tasks", `{"title":"Hidden in arguments"}`, "")
		require.Equal(t, http.StatusCreated, created.status)
	})

	roots := ofRequests(spans)
	require.Len(t, roots, 1)
	var insert *telemetrytest.Span
	for i, span := range spans {
		require.Equal(t, roots[0].TraceID, span.TraceID, span.Name)
		if span.Name == "INSERT" {
			insert = &spans[i]
		}
	}
	require.NotNil(t, insert, "the statement has a span")
	require.Equal(t, roots[0].SpanID, insert.ParentID)
	require.Equal(t, "postgresql", insert.Attributes["db.system.name"])
	require.Contains(t, insert.Attributes["db.query.text"], "INSERT INTO tasks")
	for key, value := range insert.Attributes {
		require.NotContains(t, value, "Hidden", "arguments are not recorded: "+key)
	}
}
