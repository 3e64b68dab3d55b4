package httpserver_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, handler http.Handler) *httpserver.Server {
	t.Helper()
	cfg := httpserver.Config{Addr: "127.0.0.1:0", ReadHeaderTimeout: time.Second}
	s := httpserver.New("test", cfg, handler, slog.New(slog.DiscardHandler), func(err error) { t.Error(err) })
	require.NoError(t, s.Component().Start(t.Context()))
	return s
}

func get(ctx context.Context, s *httpserver.Server) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr(), nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func TestStopWaitsForRequestsInFlight(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "whole answer")
	}))
	type answer struct {
		body string
		err  error
	}
	answers, stopped := make(chan answer, 1), make(chan error, 1)
	go func() {
		body, err := get(t.Context(), s)
		answers <- answer{body, err}
	}()
	<-entered
	go func() { stopped <- s.Component().Stop(t.Context()) }()

	require.Eventually(t, func() bool {
		_, err := get(t.Context(), s)
		return err != nil
	}, 5*time.Second, time.Millisecond, "new connections are refused while stopping")
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a request in flight: %v", err)
	default:
	}
	close(release)
	require.Equal(t, answer{body: "whole answer"}, <-answers)
	require.NoError(t, <-stopped)
}

func TestStopCutsRequestsAtTheDeadline(t *testing.T) {
	entered := make(chan struct{})
	s := start(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}))
	failed := make(chan error, 1)
	go func() {
		_, err := get(t.Context(), s)
		failed <- err
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()

	err := s.Stop(ctx)

	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "in flight")
	require.Error(t, <-failed)
}

func TestStartRefusesAnAddressInUse(t *testing.T) {
	s := start(t, http.NotFoundHandler())
	defer func() { require.NoError(t, s.Stop(t.Context())) }()
	second := httpserver.New("second", httpserver.Config{Addr: s.Addr()}, nil, slog.New(slog.DiscardHandler), nil)
	require.ErrorContains(t, second.Start(t.Context()), "listen")
}

func TestCloseWhenAsksClientsToReconnect(t *testing.T) {
	leaving := false
	h := httpserver.CloseWhen(func() bool { return leaving }, http.NotFoundHandler())
	for _, want := range []string{"", "close"} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
		require.Equal(t, want, rec.Header().Get("Connection"))
		leaving = true
	}
}

func TestAdminHandlerServesProbesMetricsAndProfiles(t *testing.T) {
	probes := health.New(slog.New(slog.DiscardHandler), func() lifecycle.State { return lifecycle.Running }, time.Second)
	probes.Register("broken", func(context.Context) error { return errors.New("down") })
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "up 1") })
	h := httpserver.NewAdminHandler(probes, metrics)
	tests := map[string]int{
		"/livez": 200, "/startupz": 200, "/readyz": 503, "/metrics": 200,
		"/debug/pprof/": 200, "/debug/pprof/goroutine": 200, "/debug/pprof/cmdline": 200, "/other": 404,
	}
	for path, want := range tests {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, want, rec.Code, path)
	}
}

func TestEveryLimitIsNeeded(t *testing.T) {
	valid := httpserver.Config{
		Addr: ":8080", ReadHeaderTimeout: 1, ReadTimeout: 1, WriteTimeout: 1, IdleTimeout: 1, MaxHeaderBytes: 1,
	}
	require.NoError(t, valid.Validate("http"))
	err := httpserver.Config{ReadTimeout: -1}.Validate("http")
	for _, key := range []string{
		"addr", "read_header_timeout", "read_timeout", "write_timeout", "idle_timeout", "max_header_bytes",
	} {
		require.ErrorContains(t, err, "http."+key)
	}
	for _, addr := range []string{"nonsense", ":many", "::1:80", "localhost"} {
		valid.Addr = addr
		require.ErrorContains(t, valid.Validate("admin"), "admin.addr", addr)
	}
	for _, addr := range []string{"127.0.0.1:0", "[::1]:80", "localhost:http"} {
		valid.Addr = addr
		require.NoError(t, valid.Validate("admin"), addr)
	}
}
