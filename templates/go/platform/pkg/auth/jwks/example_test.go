package jwks_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/auth/jwks"
)

// A verifier of signatures asks for the key that a token names.
func Example() {
	cache := jwks.New(config(), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	// group.Add(lifecycle.Background("signing keys", cache.Run, group.Fail))

	ctx, cancel := context.WithCancel(context.Background())
	cancel() // of a caller who has gone; others wait for the fetch for a moment
	_, err := cache.Find(ctx, "EdDSA-1")
	fmt.Println(cache.Loaded(), err)
	// Output: false context canceled
}
