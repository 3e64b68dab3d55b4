package telemetry_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"goldpath.local/service/pkg/telemetry"
)

// Without a collector nothing is recorded, but the caller's trace is known: logs
// and errors can name it.
func ExampleTelemetry_Handler() {
	cfg := telemetry.Config{SampleRatio: 0.1, FlushTimeout: time.Second}
	tel, err := telemetry.New(context.Background(), cfg, telemetry.Service{Name: "ledger"}, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := tel.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(tel.Enabled(), telemetry.TraceID(r.Context()))
	}))

	req := httptest.NewRequest(http.MethodGet, "/tasks", http.NoBody)
	req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	handler.ServeHTTP(httptest.NewRecorder(), req)
	// Output: false 0af7651916cd43dd8448eb211c80319c
}
