package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/middleware"
	"goldpath.local/service/pkg/ratelimit"
)

// limits lets a caller in burst times at once and then once per minute; getThing
// has a quota of its own, one per hour.
func limits(t testing.TB, burst int) *ratelimit.Limits {
	t.Helper()
	cfg := ratelimit.Config{
		Default:    ratelimit.Quota{Requests: 1, Period: time.Minute, Burst: burst},
		Operations: map[string]ratelimit.Quota{"GET:/dear/:id": {Requests: 1, Period: time.Hour, Burst: 1}},
		MaxKeys:    100,
		Shared:     ratelimit.FallbackConfig{Timeout: time.Second, Pause: time.Second},
	}
	made, err := ratelimit.NewLimits(cfg, ratelimit.NewMetrics(prometheus.NewRegistry()),
		func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
			return ratelimit.NewLocal(policy, quota, cfg.MaxKeys)
		})
	require.NoError(t, err)
	return made
}

// get asks from an address.
func get(engine *gin.Engine, path, from string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	req.RemoteAddr = from
	rec := httptest.NewRecorder()
	engine.ServeHTTP(rec, req)
	return rec
}

func TestRateLimitTellsWhatIsLeftAndWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := newEngine(middleware.RateLimit(limits(t, 2), middleware.AddressKey))
		for _, left := range []string{`"default";r=1;t=60`, `"default";r=0;t=120`} {
			rec := get(engine, "/things/1", "192.0.2.1:1")
			require.Equal(t, http.StatusNoContent, rec.Code)
			require.Equal(t, left, rec.Header().Get("RateLimit"))
			require.Equal(t, `"default";q=2;w=120`, rec.Header().Get("RateLimit-Policy"))
			require.Empty(t, rec.Header().Get("Retry-After"))
		}
		refused := get(engine, "/things/1", "192.0.2.1:1")
		require.Equal(t, http.StatusTooManyRequests, refused.Code)
		require.Equal(t, "RATE_LIMITED", problem(t, refused).Reason)
		require.Equal(t, "60", refused.Header().Get("Retry-After"))

		require.Equal(t, http.StatusNoContent, get(engine, "/things/1", "192.0.2.2:1").Code, "another caller")
		time.Sleep(time.Minute)
		require.Equal(t, http.StatusNoContent, get(engine, "/things/1", "192.0.2.1:1").Code)
	})
}

func TestOperationsAreCountedByTheirRoute(t *testing.T) {
	engine := newEngine(middleware.RateLimit(limits(t, 10), middleware.AddressKey))
	engine.GET("/dear/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	require.Equal(t, http.StatusNoContent, get(engine, "/dear/1", "192.0.2.1:1").Code)
	require.Equal(t, http.StatusTooManyRequests, get(engine, "/dear/2", "192.0.2.1:1").Code, "the route counts, not the path")
	require.Equal(t, http.StatusNoContent, get(engine, "/things/1", "192.0.2.1:1").Code)
}

func TestPathsThatDoNotExistCountToo(t *testing.T) {
	engine := newEngine(middleware.RateLimit(limits(t, 2), middleware.AddressKey))
	for path, status := range map[string]int{"/a": http.StatusNotFound, "/b": http.StatusNotFound} {
		require.Equal(t, status, get(engine, path, "192.0.2.1:1").Code)
	}
	require.Equal(t, http.StatusTooManyRequests, get(engine, "/things/1", "192.0.2.1:1").Code)
}

func TestClientsOfOneNetworkShareAKeyWhereOneClientMayHaveAllAddresses(t *testing.T) {
	tests := map[string]struct {
		first, second string
		same          bool
	}{
		"IPv4":                     {"192.0.2.1:1", "192.0.2.2:1", false},
		"IPv4, other port":         {"192.0.2.1:1", "192.0.2.1:2", true},
		"IPv4, written as IPv6":    {"192.0.2.1:1", "[::ffff:192.0.2.1]:1", true},
		"IPv6, one network":        {"[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::9]:1", true},
		"IPv6, two networks":       {"[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", false},
		"what is not an address":   {"@", "", true},
		"an address is not a name": {"192.0.2.1:1", "@", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(middleware.RateLimit(limits(t, 1), middleware.AddressKey))
			require.Equal(t, http.StatusNoContent, get(engine, "/things/1", tc.first).Code)
			require.Equal(t, tc.same, get(engine, "/things/1", tc.second).Code == http.StatusTooManyRequests)
		})
	}
}

// undecided is a limiter that is broken.
type undecided struct{}

func (undecided) Allow(context.Context, string, string) (ratelimit.Decision, error) {
	return ratelimit.Decision{}, errors.New("broken")
}

func TestALimitThatCannotDecideLetsRequestsGoOn(t *testing.T) {
	rec := get(newEngine(middleware.RateLimit(undecided{}, middleware.AddressKey)), "/things/1", "192.0.2.1:1")
	require.Equal(t, http.StatusNoContent, rec.Code)
	require.Empty(t, rec.Header().Get("RateLimit"))
}

func BenchmarkRateLimit(b *testing.B) {
	cfg := ratelimit.Config{
		Default: ratelimit.Quota{Requests: 100_000, Period: time.Second, Burst: 1_000_000_000},
		MaxKeys: 100,
		Shared:  ratelimit.FallbackConfig{Timeout: time.Second, Pause: time.Second},
	}
	made, err := ratelimit.NewLimits(cfg, ratelimit.NewMetrics(prometheus.NewRegistry()),
		func(policy string, quota ratelimit.Quota) (ratelimit.Limiter, error) {
			return ratelimit.NewLocal(policy, quota, cfg.MaxKeys)
		})
	require.NoError(b, err)
	benchmark(b, thing(b), middleware.RateLimit(made, middleware.AddressKey))
}
