package config

import (
	"time"

	"goldpath.local/service/pkg/ratelimit"
)

// RateLimit says how often every caller may call. Operations are named as
// "POST:/api/v1/tasks/:id", by method and route.
type RateLimit = ratelimit.Config

func defaultRateLimit() RateLimit {
	return RateLimit{
		Default: ratelimit.Quota{Requests: 100, Period: time.Second, Burst: 200},
		MaxKeys: 10_000,
		Shared:  ratelimit.FallbackConfig{Timeout: 50 * time.Millisecond, Pause: time.Second},
	}
}
