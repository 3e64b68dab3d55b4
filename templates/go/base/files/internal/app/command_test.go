package app

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// run calls Main and returns its exit code, its log and its messages.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// onFreePorts lets every port of the service be one that is free.
func onFreePorts(t *testing.T) {
	t.Helper()
	t.Setenv("APP_ADMIN_ADDR", "127.0.0.1:0")
	//% if cookiecutter.http == "yes"
	t.Setenv("APP_HTTP_ADDR", "127.0.0.1:0")
	//% endif
	//% if cookiecutter.grpc == "yes"
	t.Setenv("APP_GRPC_ADDR", "127.0.0.1:0")
	//% endif
}

func TestVersionPrintsOneLine(t *testing.T) {
	code, out, _ := run(t, "version")
	require.Zero(t, code)
	require.Equal(t, 1, strings.Count(out, "\n"))
	require.Contains(t, out, "go1.")
}

func TestWrongCallsNameTheCommands(t *testing.T) {
	for _, args := range [][]string{{"start"}, {"version", "now"}} {
		code, _, message := run(t, args...)
		require.Equal(t, 2, code)
		require.Contains(t, message, "usage: server [")
		require.Contains(t, message, "|serve|")
	}
}

func TestInvalidConfigurationStopsEveryCommandThatReadsIt(t *testing.T) {
	t.Setenv("APP_LOG_BACKEND", "glog")
	for name := range commands() {
		if name == "version" {
			continue
		}
		code, _, message := run(t, name)
		require.Equal(t, 1, code, name)
		require.Contains(t, message, "log.backend", name)
	}
}

func TestAllMistakesAreInOneLine(t *testing.T) {
	t.Setenv("APP_LOG_BACKEND", "glog")
	t.Setenv("APP_ADMIN_ADDR", "nonsense")
	t.Setenv("APP_DYNAMIC_LOG_LEVEL", "info+3")
	_, _, message := run(t, "serve")
	require.Equal(t, 1, strings.Count(message, "\n"), message)
	for _, part := range []string{"log.backend", "admin.addr", "dynamic.log_level"} {
		require.Contains(t, message, part)
	}
}

func TestVariablesThatSetNothingAreNamed(t *testing.T) {
	t.Setenv("APP_CONFIG_FILE", "")
	t.Setenv("APP_LOG_BACKEND", "zap")
	t.Setenv("APP_LOG_BACKENT", "zap")
	var out bytes.Buffer
	_, _, err := setup(t.Context(), &out)
	require.NoError(t, err)
	require.Contains(t, out.String(), "variables that set nothing")
	require.Contains(t, out.String(), `"APP_LOG_BACKENT"`)
	for _, known := range []string{"APP_CONFIG_FILE", "APP_LOG_BACKEND"} {
		require.NotContains(t, out.String(), `"`+known+`"`)
	}
}

func TestTheLogLevelFollowsTheConfiguration(t *testing.T) {
	t.Setenv("APP_DYNAMIC_LOG_LEVEL", "warn")
	var out bytes.Buffer
	configs, log, err := setup(t.Context(), &out)
	require.NoError(t, err)
	log.Info("hidden")
	require.Empty(t, out.String(), "the level is in force from the first record")

	t.Setenv("APP_DYNAMIC_LOG_LEVEL", "debug")
	_, err = configs.Reload()
	require.NoError(t, err)
	log.Debug("shown")
	require.Contains(t, out.String(), "shown", "the level follows the configuration")
}

func TestHealthcheckAsksTheAdminPort(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	t.Setenv("APP_ADMIN_ADDR", ":"+port)

	code, _, _ := run(t, "healthcheck")
	require.Zero(t, code)
	status = http.StatusServiceUnavailable
	code, _, message := run(t, "healthcheck")
	require.Equal(t, 1, code)
	require.Contains(t, message, "503")
}

func TestHealthcheckFailsWithoutAService(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:1", "nonsense"} {
		t.Setenv("APP_ADMIN_ADDR", addr)
		code, _, _ := run(t, "healthcheck")
		require.Equal(t, 1, code, addr)
	}
}

func TestNewRefusesAConfigurationThatCannotBeWired(t *testing.T) {
	t.Setenv("APP_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	_, _, err := setup(t.Context(), io.Discard)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTelemetryThatIsNotUnderstoodStopsTheService(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier pigeon")
	code, _, message := run(t, "serve")
	require.Equal(t, 1, code)
	require.Contains(t, message, "OTEL_EXPORTER_OTLP_PROTOCOL")
}

func TestServeEndsWhenItIsAskedTo(t *testing.T) {
	onFreePorts(t)
	t.Setenv("APP_LIFECYCLE_RELOAD_INTERVAL", "0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	require.Zero(t, Main(ctx, nil, &out, io.Discard), out.String())
	require.Contains(t, out.String(), `"state":"stopped"`)
}
