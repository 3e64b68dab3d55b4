// Package component tests the whole service from the outside: real commands,
// real ports, real storage.
package component

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/internal/app"
	"goldpath.local/service/pkg/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is a running service, where its ports are, and who calls it.
type service struct {
	caller
	admin string
	api   string
	grpc  string
	stop  context.CancelFunc
	code  chan int
	log   testkit.Journal
}

// start runs `server serve` and returns when it is ready.
func start(t *testing.T) *service {
	t.Helper()
	s := startUnready(t)
	s.waitUntilReady(t)
	return s
}

// startUnready returns as soon as every component has started.
func startUnready(t *testing.T) *service {
	t.Helper()
	t.Setenv("APP_ADMIN_ADDR", "127.0.0.1:0")
	//% if cookiecutter.http == "yes"
	t.Setenv("APP_HTTP_ADDR", "127.0.0.1:0")
	//% endif
	//% if cookiecutter.grpc == "yes"
	t.Setenv("APP_GRPC_ADDR", "127.0.0.1:0")
	//% endif
	caller := identify(t)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	s := &service{caller: caller, stop: stop, code: make(chan int, 1)}
	reader, writer := io.Pipe()
	go func() {
		s.code <- app.Main(ctx, []string{"serve"}, writer, os.Stderr)
		_ = writer.Close()
	}()
	output := io.TeeReader(reader, &s.log)
	lines := bufio.NewScanner(output)
	for state := ""; state != "running" && lines.Scan(); {
		var record struct{ State, Server, Addr string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &record))
		state = record.State
		switch record.Server {
		case "admin":
			s.admin = record.Addr
		case "api":
			s.api = record.Addr
		case "grpc":
			s.grpc = record.Addr
		}
	}
	go func() { _, _ = io.Copy(io.Discard, output) }()
	require.NotEmpty(t, s.admin, "the service did not start")
	return s
}

func (s *service) waitUntilReady(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for s.call(t, http.MethodGet, s.admin, "/readyz", "", "").status != http.StatusOK {
		require.True(t, time.Now().Before(deadline), "the service is not ready")
		time.Sleep(10 * time.Millisecond)
	}
}

type result struct {
	status int
	etag   string
	body   map[string]any
}

func (s *service) call(t *testing.T, method, addr, path, body, ifMatch string) result {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Close = true
	req.Header.Set("Content-Type", "application/json")
	if addr == s.api {
		s.authorize(req)
	}
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	got := result{status: res.StatusCode, etag: res.Header.Get("ETag")}
	if len(bytes.TrimSpace(content)) > 0 {
		require.NoError(t, json.Unmarshal(content, &got.body), string(content))
	}
	return got
}

func TestTheServiceStartsBecomesReadyAndStops(t *testing.T) {
	prepare(t)
	s := start(t)
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, s.admin, "/livez", "", "").status)
	s.stop()
	require.Zero(t, <-s.code)
	testkit.Eventually(t, 10*time.Second, func() error {
		if len(s.log.Find(map[string]any{"state": "stopped"})) != 1 {
			return errors.New("it does not say that it has stopped")
		}
		return nil
	})
}
