package idempotencytest

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/idempotency"
)

// Benchmark measures Begin for keys that are new and for one that is replayed.
func Benchmark(b *testing.B, store idempotency.Store) {
	b.Helper()
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		c := claim("0", "fingerprint", "owner")
		for n := 0; b.Loop(); n++ {
			c.ID = strconv.Itoa(n)
			if _, err := store.Begin(b.Context(), c, long); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("replay", func(b *testing.B) {
		done := claim("1", "fingerprint", "owner")
		require.NoError(b, store.Complete(b.Context(), done, response("answer"), long))
		b.ReportAllocs()
		for b.Loop() {
			found, err := store.Begin(b.Context(), done, long)
			if err != nil || found.Outcome != idempotency.Replay {
				b.Fatal(found.Outcome, err)
			}
		}
	})
}
