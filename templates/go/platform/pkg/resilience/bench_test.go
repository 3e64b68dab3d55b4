package resilience_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/resilience"
)

func BenchmarkPolicy(b *testing.B) {
	cfg := resilience.DefaultConfig()
	bare := resilience.Config{Timeout: cfg.Timeout, Retry: resilience.RetryConfig{MaxAttempts: 1}}
	for name, cfg := range map[string]resilience.Config{"timeouts": bare, "everything": cfg} {
		policy := resilience.NewPolicy("payments", cfg, newMetrics(), discard)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = policy.Do(b.Context(), succeed)
			}
		})
		b.Run(name+" in parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_ = policy.Do(b.Context(), succeed)
				}
			})
		})
	}
}

func BenchmarkShedder(b *testing.B) {
	shedder := resilience.NewShedder("api", resilience.DefaultShedderConfig(), newMetrics())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if done, err := shedder.Admit(b.Context()); err == nil {
				done(nil)
			}
		}
	})
}

func BenchmarkShedderRefuses(b *testing.B) {
	cfg := resilience.DefaultShedderConfig()
	cfg.InitialLimit, cfg.MinLimit, cfg.MaxLimit = 1, 1, 1
	shedder := resilience.NewShedder("api", cfg, newMetrics())
	_, err := shedder.Admit(b.Context())
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = shedder.Admit(b.Context())
	}
}

// nothing answers without a network.
type nothing struct{}

func (nothing) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("")), Request: req}, nil
}

func BenchmarkTransport(b *testing.B) {
	policy := resilience.NewPolicy("payments", resilience.DefaultConfig(), newMetrics(), discard)
	for name, transport := range map[string]http.RoundTripper{
		"plain": nothing{}, "policy": resilience.NewTransport(nothing{}, policy, 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			req := httptest.NewRequest(http.MethodGet, "http://payments/", nil).WithContext(context.Background())
			b.ReportAllocs()
			for b.Loop() {
				res, err := transport.RoundTrip(req)
				require.NoError(b, err)
				_ = res.Body.Close()
			}
		})
	}
}
