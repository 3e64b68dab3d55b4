package ratelimit_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/ratelimit"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.VerifyMain(m) }

// quotas draws quotas whose buckets fill within seconds, also with intervals that are
// no whole number of microseconds.
func quotas() *rapid.Generator[ratelimit.Quota] {
	return rapid.Custom(func(t *rapid.T) ratelimit.Quota {
		return ratelimit.Quota{
			Requests: rapid.IntRange(1, 50).Draw(t, "requests"),
			Period:   time.Duration(rapid.IntRange(1, 1000).Draw(t, "period")) * time.Millisecond,
			Burst:    rapid.IntRange(1, 10).Draw(t, "burst"),
		}
	})
}

// bucket is the model: credit in microseconds, one token costs an interval.
type bucket struct {
	quota  ratelimit.Quota
	credit time.Duration
	last   time.Time
}

func (b *bucket) take(now time.Time) bool {
	interval := b.quota.Interval()
	full := interval * time.Duration(b.quota.Burst)
	if b.last.IsZero() {
		b.credit = full
	} else {
		b.credit = min(full, b.credit+now.Sub(b.last))
	}
	b.last = now
	if b.credit < interval {
		return false
	}
	b.credit -= interval
	return true
}

func TestQuotasThatMakeNoSenseAreRefused(t *testing.T) {
	good := ratelimit.Quota{Requests: 100, Period: time.Minute, Burst: 20}
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*ratelimit.Quota){
		"no requests": func(q *ratelimit.Quota) { q.Requests = 0 },
		"no period":   func(q *ratelimit.Quota) { q.Period = 0 },
		"no burst":    func(q *ratelimit.Quota) { q.Burst = 0 },
		"too fast":    func(q *ratelimit.Quota) { q.Requests, q.Period = 1_000_000, time.Second },
		"absurd":      func(q *ratelimit.Quota) { q.Requests = 1 << 62 },
		"too patient": func(q *ratelimit.Quota) { q.Requests, q.Period, q.Burst = 1, 24*time.Hour, 1000 },
		"overflowing": func(q *ratelimit.Quota) { q.Burst = 1 << 62 },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			change(&bad)
			require.Error(t, bad.Validate())
			_, err := ratelimit.NewLocal("test", bad, 1)
			require.Error(t, err)
		})
	}
}

func TestIntervalsAreRoundedUpToAMicrosecond(t *testing.T) {
	for requests, want := range map[int]time.Duration{
		1: time.Second, 3: 333_334 * time.Microsecond, 1000: time.Millisecond, 30_000: 34 * time.Microsecond,
	} {
		require.Equal(t, want, ratelimit.Quota{Requests: requests, Period: time.Second}.Interval())
	}
}

func TestDecisionsBecomeHeadersAndErrors(t *testing.T) {
	quota := ratelimit.Quota{Requests: 10, Period: time.Second, Burst: 20}
	tests := map[string]struct {
		decision ratelimit.Decision
		headers  http.Header
		message  string
	}{
		"allowed": {
			quota.Decide("default", true, 1500*time.Millisecond),
			http.Header{
				"Ratelimit-Policy": {`"default";q=20;w=2`}, "Ratelimit": {`"default";r=5;t=2`},
			},
			"",
		},
		"limited": {
			quota.Decide("default", false, 2*time.Second),
			http.Header{
				"Ratelimit-Policy": {`"default";q=20;w=2`}, "Ratelimit": {`"default";r=0;t=2`}, "Retry-After": {"1"},
			},
			"too many requests, try again in 1 s",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			headers := http.Header{}
			tc.decision.SetHeaders(headers)
			require.Equal(t, tc.headers, headers)
			err := tc.decision.Err()
			if tc.message == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, apierror.RateLimited, apierror.From(err).Kind)
			require.Equal(t, tc.message, apierror.From(err).Message)
		})
	}
}

func BenchmarkSetHeaders(b *testing.B) {
	d := ratelimit.Quota{Requests: 10, Period: time.Second, Burst: 20}.Decide("default", true, time.Second)
	h := http.Header{}
	b.ReportAllocs()
	for b.Loop() {
		d.SetHeaders(h)
	}
}
