package resilience_test

import (
	"testing"

	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/retry"
)

func BenchmarkPolicy(b *testing.B) {
	cfg := resilience.DefaultConfig()
	bare := resilience.Config{Timeout: cfg.Timeout, Retry: retry.Config{MaxAttempts: 1}}
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
