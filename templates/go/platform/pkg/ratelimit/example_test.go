package ratelimit_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/ratelimit"
)

func Example() {
	cfg := ratelimit.Config{
		Default: ratelimit.Quota{Requests: 100, Period: time.Minute, Burst: 20},
		Operations: map[string]ratelimit.Quota{
			"login": {Requests: 3, Period: time.Minute, Burst: 1},
		},
		MaxKeys: 10_000,
		Shared:  ratelimit.FallbackConfig{Timeout: 50 * time.Millisecond, Pause: time.Second},
	}
	limits, err := ratelimit.NewLimits(cfg, ratelimit.NewMetrics(prometheus.NewRegistry()),
		// With Redis, this returns a Fallback from redislimit to the local limiter.
		func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
			return ratelimit.NewLocal(policy, quota, cfg.MaxKeys)
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		decision, err := limits.Allow(context.Background(), "login", "198.51.100.7")
		if err != nil {
			fmt.Println(err)
			return
		}
		headers := http.Header{}
		decision.SetHeaders(headers)
		fmt.Println(headers.Get("RateLimit-Policy"), headers.Get("RateLimit"), decision.Err())
	}
	// Output:
	// "login";q=1;w=20 "login";r=0;t=20 <nil>
	// "login";q=1;w=20 "login";r=0;t=20 RATE_LIMITED: too many requests, try again in 20 s
}
