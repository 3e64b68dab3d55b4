package metrics_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"goldpath.local/service/pkg/buildinfo"
	"goldpath.local/service/pkg/metrics"
)

// A request is counted in when it arrives and out when it has been answered, by
// the pattern of its route.
func ExampleHTTP_Begin() {
	registry := metrics.NewRegistry(buildinfo.Read())
	requests := metrics.NewHTTP(registry)

	end := requests.Begin(http.MethodGet)
	end(context.Background(), "/tasks/:id", http.StatusOK)

	page := httptest.NewRecorder()
	metrics.Handler(registry).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasPrefix(line, "http_server_request_duration_seconds_count") {
			fmt.Print(line)
		}
	}
	// Output: http_server_request_duration_seconds_count{method="GET",route="/tasks/:id",status="200"} 1
}
