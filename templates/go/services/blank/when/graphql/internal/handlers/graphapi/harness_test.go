package graphapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/handlers/graphapi"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/broadcast"
	"goldpath.local/service/pkg/graphqlserver"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counting is a repository that counts its reads.
type counting struct {
	services.TaskRepository
	single, many atomic.Int64
}

func (c *counting) Get(ctx context.Context, id uuid.UUID) (domain.Task, error) {
	c.single.Add(1)
	return c.TaskRepository.Get(ctx, id)
}

func (c *counting) GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error) {
	c.many.Add(1)
	return c.TaskRepository.GetMany(ctx, ids)
}

// client calls the real router, in process or over a port.
type client struct {
	t          testing.TB
	repository *counting
	hub        *broadcast.Hub[services.TaskChange]
	server     *graphqlserver.Server
	router     http.Handler
	spans      *tracetest.SpanRecorder
	logs       *bytes.Buffer
}

// settings is what a test may change about the service.
type settings struct {
	cfg        graphqlserver.Config
	playground bool
	buffer     int
	repository services.TaskRepository
}

func newClient(t testing.TB, configure ...func(*settings)) *client {
	t.Helper()
	s := settings{cfg: graphqlserver.DefaultConfig(), buffer: 10, repository: memory.NewTasks()}
	for _, c := range configure {
		c(&s)
	}
	c := &client{t: t, repository: &counting{TaskRepository: s.repository}, logs: &bytes.Buffer{}}
	c.hub = broadcast.New[services.TaskChange](s.buffer, 100)
	tel, spans := telemetrytest.Recording(t)
	c.spans = spans
	log := slog.New(slog.NewJSONHandler(c.logs, nil))
	registry := prometheus.NewRegistry()
	tasks := services.NewTasks(services.PublishChanges(c.repository, c.hub), time.Now)
	api := graphapi.NewAPI(tasks, c.hub)
	server, err := graphqlserver.New(api.Schema(), s.cfg, graphqlserver.Options{
		Log: log, Metrics: graphqlserver.NewMetrics(registry), Tracers: tel.TracerProvider(), Scope: api.Scope,
	})
	require.NoError(t, err)
	c.server = server
	c.router = handlers.NewRouter(handlers.RouterOptions{
		Log:            slog.New(slog.DiscardHandler),
		Metrics:        metrics.NewHTTP(registry),
		Telemetry:      tel,
		BodyLimit:      64 << 10,
		RequestTimeout: 5 * time.Second,
		Streams:        graphapi.IsStream,
	}, graphapi.Mount(c.server, graphapi.Options{Playground: s.playground}))
	return c
}

// answer is what a client gets.
type answer struct {
	t      testing.TB
	status int
	Data   json.RawMessage `json:"data"`
	Errors []failure       `json:"errors"`
}

type failure struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code, Reason string
		RequestID    string `json:"request_id"`
		Fields       []struct{ Field string }
	} `json:"extensions"`
}

// query runs an operation; variables are pairs of name and value.
func (c *client) query(text string, variables ...any) answer {
	c.t.Helper()
	values := map[string]any{}
	for i := 0; i < len(variables); i += 2 {
		values[variables[i].(string)] = variables[i+1]
	}
	body, err := json.Marshal(map[string]any{"query": text, "variables": values})
	require.NoError(c.t, err)
	return c.post(string(body))
}

func (c *client) post(body string) answer {
	c.t.Helper()
	req := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, graphapi.Path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	c.router.ServeHTTP(rec, req)
	a := answer{t: c.t, status: rec.Code}
	require.NoError(c.t, json.Unmarshal(rec.Body.Bytes(), &a), rec.Body.String())
	for _, e := range a.Errors {
		require.Equal(c.t, rec.Header().Get("X-Request-ID"), e.Extensions.RequestID)
	}
	return a
}

// ok requires that there are no errors and decodes the data.
func (a answer) ok(target any) {
	a.t.Helper()
	require.Empty(a.t, a.Errors)
	decoder := json.NewDecoder(bytes.NewReader(a.Data))
	decoder.DisallowUnknownFields()
	require.NoError(a.t, decoder.Decode(target), string(a.Data))
}

// refused requires one error with this code and reason.
func (a answer) refused(code, reason string) failure {
	a.t.Helper()
	require.Len(a.t, a.Errors, 1, string(a.Data))
	require.Equal(a.t, reason, a.Errors[0].Extensions.Reason, a.Errors[0].Message)
	require.Equal(a.t, code, a.Errors[0].Extensions.Code)
	return a.Errors[0]
}

const taskFields = "id title notes status version createdAt updatedAt"

// task is a task as clients see it.
type task struct {
	ID, Title, Notes, Status string
	Version                  int
	CreatedAt, UpdatedAt     time.Time
}

func (c *client) create(title string) task {
	c.t.Helper()
	var got struct{ CreateTask struct{ Task task } }
	c.query(`mutation Create($title: String!) { createTask(input: {title: $title}) { task { `+taskFields+` } } }`, "title", title).ok(&got)
	return got.CreateTask.Task
}
