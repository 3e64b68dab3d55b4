package app

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// load sends requests until the service is no longer ready, as a load balancer
// would, and reports every request that was not answered with success.
type load struct {
	wg       sync.WaitGroup
	sent     atomic.Int64
	failures sync.Map
}

func (l *load) run(r *running, clients int, balanced *atomic.Bool) {
	for i := range clients {
		l.wg.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
			for balanced.Load() {
				body := fmt.Sprintf(`{"title":"task of client %d"}`, i)
				status, _, err := request(client, http.MethodPost, r.api.Addr(), "/api/v1/tasks", body, r.caller)
				if l.sent.Add(1); err != nil || status != http.StatusCreated {
					l.failures.Store(fmt.Sprint(status, err), true)
				}
			}
		})
	}
}

// A stop under load loses no request: the service says that it leaves, goes on
// until it is out of the load balancer, finishes what it has, and ends.
func TestDrainLosesNoRequest(t *testing.T) {
	r := start(t, 3*time.Second)
	var balanced atomic.Bool
	balanced.Store(true)
	var l load
	l.run(r, 8, &balanced)
	require.Eventually(t, func() bool { return l.sent.Load() > 200 }, 20*time.Second, time.Millisecond)

	r.stop()
	require.Eventually(t, func() bool { return !r.ready() }, 5*time.Second, time.Millisecond)
	during := l.sent.Load()
	require.Eventually(t, func() bool { return l.sent.Load() > during }, 5*time.Second, time.Millisecond,
		"requests are answered while the service drains")
	balanced.Store(false)
	l.wg.Wait()

	require.NoError(t, <-r.ended)
	l.failures.Range(func(failure, _ any) bool { t.Error(failure); return true })
	_, _, err := get(r.api.Addr(), "/api/v1/tasks")
	require.Error(t, err, "the port is closed")
}

func TestRequestsAreMeasuredAndTheAPIShowsNothingOfTheInside(t *testing.T) {
	r := start(t, 0)
	_, _, err := get(r.api.Addr(), "/api/v1/tasks", r.caller)
	require.NoError(t, err)
	_, page, err := get(r.admin.Addr(), "/metrics")
	require.NoError(t, err)
	require.Contains(t, page, `route="/api/v1/tasks",status="200"`)

	status, _, err := get(r.api.Addr(), "/metrics")
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, status)
	r.stop()
	require.NoError(t, <-r.ended)
}
