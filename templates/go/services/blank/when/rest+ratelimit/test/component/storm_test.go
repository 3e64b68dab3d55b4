package component

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A storm of requests gets what the quota allows and not one more. All others are
// told when to come back, and the service stays ready.
func TestAStormIsLimited(t *testing.T) {
	const burst = 20
	t.Setenv("APP_RATELIMIT_DEFAULT_REQUESTS", "1")
	t.Setenv("APP_RATELIMIT_DEFAULT_PERIOD", "1h")
	t.Setenv("APP_RATELIMIT_DEFAULT_BURST", strconv.Itoa(burst))
	prepare(t)
	s := start(t)
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		answers = map[int]int{}
	)
	for range 10 {
		wg.Go(func() {
			for range 20 {
				got := s.send(t, http.MethodGet, tasks, "")
				mu.Lock()
				answers[got.status]++
				mu.Unlock()
				if got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") == "" {
					t.Error("no word about when to come back")
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{http.StatusOK: burst, http.StatusTooManyRequests: 200 - burst}, answers)

	refused := s.send(t, http.MethodPost, tasks, `{"title":"a"}`)
	refused.refused(t, http.StatusTooManyRequests, "RATE_LIMITED")
	require.Equal(t, `"default";q=20;w=72000`, refused.header.Get("RateLimit-Policy"))
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, s.admin, "/readyz", "", "").status)
	s.stop()
	require.Zero(t, <-s.code)
}
