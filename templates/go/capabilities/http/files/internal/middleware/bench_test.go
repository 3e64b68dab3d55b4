package middleware_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/logging"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/resilience/loadshed"
	"goldpath.local/service/pkg/telemetry"
)

// A benchmark of a middleware sends GET /things/1 through it to a handler that
// does nothing. Its cost is the difference to BenchmarkBare, which benchstat tells:
//
//	go test ./internal/middleware -run '^$' -bench . -count 10 > bench.txt
//	benchstat -col '.name' bench.txt

// benchmark measures a request that the middleware lets through.
func benchmark(b *testing.B, req *http.Request, before ...gin.HandlerFunc) {
	b.Helper()
	measure(b, req, newEngine(before...))
}

func newEngine(before ...gin.HandlerFunc) *gin.Engine {
	engine := gin.New()
	engine.ContextWithFallback = true
	engine.Use(before...)
	engine.GET("/things/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	return engine
}

func measure(b *testing.B, req *http.Request, handler http.Handler) {
	b.Helper()
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, req)
	require.Equal(b, http.StatusNoContent, rec.Code, rec.Body.String())
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(discard{}, req)
	}
}

// discard is an answer that nobody reads.
type discard http.Header

func (d discard) Header() http.Header { return http.Header(d) }

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (discard) WriteHeader(int) {}

func thing(b *testing.B) *http.Request {
	b.Helper()
	return httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/things/1", http.NoBody)
}

func BenchmarkBare(b *testing.B) { benchmark(b, thing(b)) }

func BenchmarkTrace(b *testing.B) {
	cfg := telemetry.Config{SampleRatio: 1, FlushTimeout: time.Second}
	options := map[string][]telemetry.Option{"off": nil, "on": {telemetry.WithProcessor(dropped{})}}
	for name, opts := range options {
		tel, err := telemetry.New(b.Context(), cfg, telemetry.Service{Name: "test"}, slog.New(slog.DiscardHandler), opts...)
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) { measure(b, thing(b), tel.Handler(newEngine(middleware.Trace()))) })
	}
}

// dropped forgets the spans that it gets.
type dropped struct{}

func (dropped) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

func (dropped) OnEnd(sdktrace.ReadOnlySpan) {}

func (dropped) Shutdown(context.Context) error { return nil }

func (dropped) ForceFlush(context.Context) error { return nil }

func BenchmarkRequestID(b *testing.B) { benchmark(b, thing(b), middleware.RequestID()) }

func BenchmarkMetrics(b *testing.B) {
	benchmark(b, thing(b), middleware.Metrics(metrics.NewHTTP(prometheus.NewRegistry())))
}

func BenchmarkAccessLog(b *testing.B) {
	for _, backend := range []string{logging.Logrus, logging.Zap} {
		log, err := logging.New(nowhere{}, logging.Options{Backend: backend, Level: slog.LevelInfo})
		require.NoError(b, err)
		b.Run(backend, func(b *testing.B) { benchmark(b, thing(b), middleware.AccessLog(log)) })
	}
}

// nowhere is not io.Discard, for which loggers may not even format.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

func BenchmarkShed(b *testing.B) {
	shedder := loadshed.New("http", loadshed.DefaultConfig(), prometheus.NewRegistry())
	benchmark(b, thing(b), middleware.Shed(shedder))
}

func BenchmarkGuard(b *testing.B) {
	benchmark(b, thing(b), middleware.Recover(slog.New(slog.DiscardHandler)),
		middleware.BodyLimit(1<<20), middleware.Deadline(10*time.Second))
}
