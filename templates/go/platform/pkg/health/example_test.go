package health_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/lifecycle"
)

// The service leaves load balancing while its database is away. The cause goes
// to the log only.
func ExampleRegistry_Ready() {
	running := func() lifecycle.State { return lifecycle.Running }
	probes := health.New(slog.New(slog.DiscardHandler), running, time.Second)
	probes.Register("database", func(context.Context) error { return errors.New("connection refused") })

	rec := httptest.NewRecorder()
	probes.Ready(rec, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
	fmt.Print(rec.Code, " ", rec.Body)
	// Output: 503 {"state":"running","checks":{"database":"failed"}}
}
