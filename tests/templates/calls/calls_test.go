// Package calls runs a service and calls it from another one, over REST and gRPC,
// with tokens of a real issuer. The tests of the library put it into the caller and
// replace the names of both modules.
package calls_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	tasksv1 "callee.local/service/api/proto/tasks/v1"
	"callee.local/service/client"
	"callee.local/service/pkg/grpcclient"
	calleeresilience "callee.local/service/pkg/resilience"
	"caller.local/service/pkg/auth/credentials"
	"caller.local/service/pkg/config"
	"caller.local/service/pkg/resilience"
	"caller.local/service/pkg/resilience/httpclient"
	"caller.local/service/pkg/telemetry"
	"caller.local/service/pkg/telemetry/telemetrytest"
)

// callee is a service that runs as a process of its own.
type callee struct {
	api, grpc string
	stop      func() // sends SIGTERM and waits for a clean end
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	return listener.Addr().String()
}

// run starts a program that ends with the test at the latest, and returns its log
// and what ends it.
func run(t *testing.T, path string, env []string, args ...string) (io.Reader, func()) {
	t.Helper()
	program := exec.Command(path, args...)
	program.Env = append(os.Environ(), env...)
	log, writer := io.Pipe()
	program.Stdout, program.Stderr = writer, writer
	require.NoError(t, program.Start())
	stop := sync.OnceFunc(func() {
		require.NoError(t, program.Process.Signal(syscall.SIGTERM))
		require.NoError(t, program.Wait(), "%s ended badly", path)
		_ = writer.Close()
	})
	t.Cleanup(stop)
	return log, stop
}

// startIssuer runs the development issuer of the callee and returns its address.
func startIssuer(t *testing.T) string {
	t.Helper()
	address := freePort(t)
	log, _ := run(t, os.Getenv("ISSUER"), nil, "-addr", address, "-issuer", "http://"+address)
	go func() { _, _ = io.Copy(io.Discard, log) }()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	return "http://" + address
}

func token(t *testing.T, issuer, roles string) config.Secret {
	t.Helper()
	res, err := http.PostForm(issuer+"/token", url.Values{"roles": {roles}, "sub": {"caller"}})
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return config.Secret(text)
}

// startCallee migrates the database, runs the service, and waits until it is ready.
func startCallee(t *testing.T, issuer string) callee {
	t.Helper()
	env := []string{
		"APP_ADMIN_ADDR=" + freePort(t), "APP_HTTP_ADDR=127.0.0.1:0", "APP_GRPC_ADDR=127.0.0.1:0",
		"APP_POSTGRES_DSN=" + os.Getenv("TEST_POSTGRES_DSN"), "APP_REDIS_URL=" + os.Getenv("TEST_REDIS_URL"),
		"APP_LIFECYCLE_DRAIN_DELAY=1s", "APP_RATELIMIT_DEFAULT_REQUESTS=100000", "APP_RATELIMIT_DEFAULT_BURST=100000",
		"APP_AUTH_ISSUER=" + issuer, "APP_AUTH_JWKS_URL=" + issuer + "/.well-known/jwks.json",
	}
	migrate := exec.Command(os.Getenv("SERVER"), "migrate")
	migrate.Env = append(os.Environ(), env...)
	said, err := migrate.CombinedOutput()
	require.NoError(t, err, string(said))

	var found callee
	output, stop := run(t, os.Getenv("SERVER"), env, "serve")
	found.stop = stop
	log := bufio.NewScanner(output)
	for state := ""; state != "running"; {
		require.True(t, log.Scan(), "the service did not start")
		var record struct{ State, Server, Addr string }
		require.NoError(t, json.Unmarshal(log.Bytes(), &record), log.Text())
		state = record.State
		switch record.Server {
		case "api":
			found.api = "http://" + record.Addr
		case "grpc":
			found.grpc = record.Addr
		}
	}
	go func() {
		for log.Scan() {
		}
	}()
	admin := "http://" + strings.TrimPrefix(env[0], "APP_ADMIN_ADDR=")
	require.Eventually(t, func() bool {
		res, err := http.Get(admin + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond)
	return found
}

// caller is what a service calls another one with.
type caller struct {
	http *http.Client
	grpc *client.Client
}

func newCaller(t *testing.T, to callee, tel *telemetry.Telemetry, secret config.Secret) caller {
	t.Helper()
	source, err := credentials.NewStaticToken(secret)
	require.NoError(t, err)
	registry, log := prometheus.NewRegistry(), slog.New(slog.DiscardHandler)

	rest := httpclient.New("tasks", httpclient.DefaultConfig(), resilience.NewMetrics(registry), log, httpclient.WithTracing(tel.Transport))
	rest.Transport, err = credentials.NewTransport(rest.Transport, source, to.api)
	require.NoError(t, err)
	t.Cleanup(rest.CloseIdleConnections)

	cfg := grpcclient.DefaultConfig("static:///" + to.grpc)
	cfg.AllowInsecureTokens = true
	calls, err := client.Dial(cfg, grpcclient.Options{
		Log: log, Metrics: grpcclient.NewMetrics(registry),
		Resilience: calleeresilience.NewMetrics(prometheus.NewRegistry()),
		Telemetry:  tel, Tokens: credentials.Text{Source: source},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, calls.Close()) })
	return caller{rest, calls}
}

func (c caller) do(ctx context.Context, t *testing.T, method, address, body string) (status int, answer map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	return res.StatusCode, answer
}

func startTelemetry(t *testing.T) *telemetry.Telemetry {
	t.Helper()
	cfg := telemetry.Config{SampleRatio: 1, FlushTimeout: 5 * time.Second}
	tel, err := telemetry.New(t.Context(), cfg, telemetry.Service{Name: "caller"}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.True(t, tel.Enabled())
	ctx := context.WithoutCancel(t.Context())
	component := tel.Component()
	require.NoError(t, component.Start(ctx))
	t.Cleanup(func() { require.NoError(t, component.Stop(ctx)) })
	return tel
}

// One task travels through everything: written by REST, read by gRPC, and all that
// happens for it is one trace at a collector.
func TestAServiceCallsAnother(t *testing.T) {
	collector := telemetrytest.NewCollector(t)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "50") // milliseconds
	issuer := startIssuer(t)
	to := startCallee(t, issuer)
	tel := startTelemetry(t)
	c := newCaller(t, to, tel, token(t, issuer, "editor"))

	ctx, root := tel.TracerProvider().Tracer("calls").Start(t.Context(), "work")
	status, task := c.do(ctx, t, http.MethodPost, to.api+"/api/v1/tasks", `{"title":"Buy milk"}`)
	require.Equal(t, http.StatusCreated, status, task)
	id, _ := task["id"].(string)
	for range 2 {
		status, task = c.do(ctx, t, http.MethodGet, to.api+"/api/v1/tasks/"+id, "")
		require.Equal(t, http.StatusOK, status, task)
	}
	got, err := c.grpc.GetTask(ctx, &tasksv1.GetTaskRequest{Id: id})
	require.NoError(t, err)
	require.Equal(t, "Buy milk", got.GetTask().GetTitle())
	root.End()

	requireOneTrace(t, collector, root.SpanContext().TraceID())
}

// parts are what a trace must hold, by how its spans are known.
var parts = map[string]func(telemetrytest.Span) bool{
	"the work of the caller": func(s telemetrytest.Span) bool { return s.Name == "work" },
	"HTTP":                   func(s telemetrytest.Span) bool { return s.Attributes["http.route"] == "/api/v1/tasks/:id" },
	"SQL":                    func(s telemetrytest.Span) bool { return s.Attributes["db.system.name"] == "postgresql" },
	"Redis":                  func(s telemetrytest.Span) bool { return s.Attributes["db.system"] == "redis" },
	"gRPC":                   func(s telemetrytest.Span) bool { return s.Name == "tasks.v1.TaskService/GetTask" },
}

// requireOneTrace waits until both services have sent what they did, and until
// every span but the first has its parent.
func requireOneTrace(t *testing.T, collector *telemetrytest.Collector, id trace.TraceID) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		var spans []telemetrytest.Span
		for _, span := range collector.Spans() {
			if span.TraceID == string(id[:]) {
				spans = append(spans, span)
			}
		}
		missing := lacking(spans)
		if len(missing) == 0 {
			return
		}
		require.True(t, time.Now().Before(deadline), "no %v among %v", missing, spans)
		time.Sleep(50 * time.Millisecond)
	}
}

func lacking(spans []telemetrytest.Span) (missing []string) {
	for name, is := range parts {
		if !slices.ContainsFunc(spans, is) {
			missing = append(missing, name)
		}
	}
	known := map[string]bool{}
	for _, span := range spans {
		known[span.SpanID] = true
	}
	for _, span := range spans {
		if span.ParentID != "" && !known[span.ParentID] {
			missing = append(missing, "parent of "+span.Name)
		}
		if span.ParentID == "" && span.Name != "work" {
			missing = append(missing, "any parent of "+span.Name)
		}
	}
	return missing
}

// The program that comes with the service finds nothing wrong with it.
func TestTheServiceBearsLoad(t *testing.T) {
	issuer := startIssuer(t)
	to := startCallee(t, issuer)
	load := exec.Command(os.Getenv("LOAD"), "-url", to.api, "-grpc-url", "http://"+to.grpc, "-rate", "50", "-duration", "2s", "-p99", "2s")
	load.Env = append(os.Environ(), "TOKEN="+token(t, issuer, "editor").Reveal())
	output, err := load.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, api := range []string{"rest", "graphql", "grpc"} {
		require.Contains(t, string(output), "API "+api)
	}
	require.Equal(t, 3, strings.Count(string(output), "100.00%"), string(output))
}

// A rollout replaces one instance after the other while callers go on: no call fails,
// whether or not it may be made twice.
func TestCallsSurviveARollout(t *testing.T) {
	issuer := startIssuer(t)
	first, second := startCallee(t, issuer), startCallee(t, issuer)
	tel, _ := telemetrytest.Recording(t)
	c := newCaller(t, callee{api: first.api, grpc: first.grpc + "," + second.grpc}, tel, token(t, issuer, "editor"))

	over := make(chan struct{})
	var calls sync.WaitGroup
	var made atomic.Int64
	for range 4 {
		calls.Go(func() {
			for open := true; open; made.Add(1) {
				created, err := c.grpc.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: "Buy milk"})
				if !assert.NoError(t, err) {
					return
				}
				_, err = c.grpc.GetTask(t.Context(), &tasksv1.GetTaskRequest{Id: created.GetTask().GetId()})
				assert.NoError(t, err)
				select {
				case <-over:
					open = false
				default:
				}
			}
		})
	}
	enough := func(more int64) {
		before := made.Load()
		require.Eventually(t, func() bool { return made.Load() >= before+more }, 30*time.Second, 10*time.Millisecond)
	}
	enough(50)
	first.stop()
	enough(50)
	close(over)
	calls.Wait()
}

func TestACallerIsWhoItsTokenSays(t *testing.T) {
	issuer := startIssuer(t)
	to := startCallee(t, issuer)
	tel, _ := telemetrytest.Recording(t)

	reader := newCaller(t, to, tel, token(t, issuer, "reader"))
	status, problem := reader.do(t.Context(), t, http.MethodPost, to.api+"/api/v1/tasks", `{"title":"Buy milk"}`)
	require.Equal(t, http.StatusForbidden, status, problem)
	_, err := reader.grpc.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: "Buy milk"})
	require.ErrorContains(t, err, "PERMISSION_DENIED")

	stranger := newCaller(t, to, tel, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.")
	status, problem = stranger.do(t.Context(), t, http.MethodGet, to.api+"/api/v1/tasks", "")
	require.Equal(t, http.StatusUnauthorized, status, problem)
	_, err = stranger.grpc.GetTask(t.Context(), &tasksv1.GetTaskRequest{Id: "1"})
	require.ErrorContains(t, err, "TOKEN_INVALID")
}
