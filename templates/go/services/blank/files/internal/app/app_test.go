package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a service on free ports whose tasks are in memory, and who calls it.
type running struct {
	*App
	caller
	stop  context.CancelFunc
	ended chan error
}

func start(t *testing.T, drain time.Duration) *running {
	t.Helper()
	onFreePorts(t)
	caller := identify(t)
	//% if cookiecutter.ratelimit == "yes"
	t.Setenv("APP_RATELIMIT_DEFAULT_REQUESTS", "100000")
	t.Setenv("APP_RATELIMIT_DEFAULT_BURST", "100000")
	//% endif
	t.Setenv("APP_LIFECYCLE_DRAIN_DELAY", drain.String())
	configs, err := config.NewStore()
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	tel, err := newTelemetry(t.Context(), configs.Get(), log)
	require.NoError(t, err)
	a := newApp(configs, log, tel)
	require.NoError(t, a.wireClients())
	a.useCases = wireUseCases(repositories{tasks: memory.NewTasks()})
	require.NoError(t, a.wireServers())

	ctx, stop := context.WithCancel(t.Context())
	r := &running{App: a, caller: caller, stop: stop, ended: make(chan error, 1)}
	go func() { r.ended <- a.Run(ctx) }()
	t.Cleanup(stop)
	require.Eventually(t, func() bool { return a.group.State() == lifecycle.Running }, 10*time.Second, time.Millisecond)
	require.Eventually(t, r.ready, 10*time.Second, time.Millisecond)
	return r
}

func (r *running) ready() bool {
	status, _, err := get(r.admin.Addr(), "/readyz")
	return err == nil && status == http.StatusOK
}

// get asks as the caller, if one is given.
func get(addr, path string, as ...caller) (status int, body string, err error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return request(&client, http.MethodGet, addr, path, "", as...)
}

func request(client *http.Client, method, addr, path, body string, as ...caller) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	for _, caller := range as {
		caller.authorize(req)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	return res.StatusCode, string(content), err
}

func TestTheAdminPortTellsHowTheServiceIs(t *testing.T) {
	r := start(t, 0)
	for _, path := range []string{"/livez", "/readyz", "/startupz", "/metrics", "/debug/pprof/"} {
		status, _, err := get(r.admin.Addr(), path)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, path)
	}
	r.stop()
	require.NoError(t, <-r.ended)
}

// A service that leaves says so first and goes on until load balancers have
// noticed.
func TestDrainComesBeforeTheEnd(t *testing.T) {
	r := start(t, time.Second)
	require.True(t, r.ready())
	r.stop()
	require.Eventually(t, func() bool { return r.group.State() == lifecycle.Draining }, 5*time.Second, time.Millisecond)
	require.False(t, r.ready())
	require.NoError(t, <-r.ended)
}

func TestAPortInUseEndsTheService(t *testing.T) {
	r := start(t, 0)
	t.Setenv("APP_ADMIN_ADDR", r.admin.Addr())
	require.Equal(t, 1, Main(t.Context(), nil, io.Discard, io.Discard))
	r.stop()
	require.NoError(t, <-r.ended)
}
