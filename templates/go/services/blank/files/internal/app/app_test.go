package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a service on free ports whose tasks are in memory.
type running struct {
	*App
	stop  context.CancelFunc
	ended chan error
}

func start(t *testing.T, drain time.Duration) *running {
	t.Helper()
	t.Setenv("APP_HTTP_ADDR", "127.0.0.1:0")
	t.Setenv("APP_ADMIN_ADDR", "127.0.0.1:0")
	t.Setenv("APP_LIFECYCLE_DRAIN_DELAY", drain.String())
	configs, err := config.NewStore()
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	tel, err := newTelemetry(t.Context(), configs.Get(), log)
	require.NoError(t, err)
	a := newApp(configs, log, tel)
	require.NoError(t, a.wireREST(wireOperations(repositories{tasks: memory.NewTasks()})))

	ctx, stop := context.WithCancel(t.Context())
	r := &running{App: a, stop: stop, ended: make(chan error, 1)}
	go func() { r.ended <- a.Run(ctx) }()
	t.Cleanup(stop)
	require.Eventually(t, func() bool { return a.group.State() == lifecycle.Running }, 10*time.Second, time.Millisecond)
	return r
}

func (r *running) ready() bool {
	status, _, err := get(r.admin.Addr(), "/readyz")
	return err == nil && status == http.StatusOK
}

func get(addr, path string) (status int, body string, err error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return request(&client, http.MethodGet, addr, path, "")
}

func request(client *http.Client, method, addr, path, body string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	return res.StatusCode, string(content), err
}

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
				status, _, err := request(client, http.MethodPost, r.api.Addr(), "/api/v1/tasks", body)
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

func TestProbesAndMetrics(t *testing.T) {
	r := start(t, 0)
	for _, path := range []string{"/livez", "/readyz", "/startupz", "/metrics", "/debug/pprof/"} {
		status, _, err := get(r.admin.Addr(), path)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, path)
	}
	_, _, err := get(r.api.Addr(), "/api/v1/tasks")
	require.NoError(t, err)
	_, page, err := get(r.admin.Addr(), "/metrics")
	require.NoError(t, err)
	require.Contains(t, page, `route="/api/v1/tasks",status="200"`)

	status, _, err := get(r.api.Addr(), "/metrics")
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, status, "the API port shows nothing of the inside")
	r.stop()
	require.NoError(t, <-r.ended)
}

func TestAPortInUseEndsTheService(t *testing.T) {
	r := start(t, 0)
	t.Setenv("APP_HTTP_ADDR", r.api.Addr())
	require.Equal(t, 1, Main(t.Context(), nil, io.Discard, io.Discard))
	r.stop()
	require.NoError(t, <-r.ended)
}
