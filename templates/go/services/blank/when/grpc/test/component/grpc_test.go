package component

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/client"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

// staticToken shows always the same token.
type staticToken string

// Token returns it.
func (t staticToken) Token(context.Context) (string, error) { return string(t), nil }

// dial returns the client that other services have, as the caller.
func (s *service) dial(t *testing.T) *client.Client {
	t.Helper()
	req := &http.Request{Header: http.Header{}}
	s.authorize(req)
	return s.dialWith(t, strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "))
}

// dialWith returns a client with this token, or with none.
func (s *service) dialWith(t *testing.T, token string) *client.Client {
	t.Helper()
	registry := prometheus.NewRegistry()
	cfg := grpcclient.DefaultConfig("static:///" + s.grpc)
	cfg.AllowInsecureTokens = true
	opts := grpcclient.Options{
		Log:        slog.New(slog.DiscardHandler),
		Metrics:    grpcclient.NewMetrics(registry),
		Resilience: resilience.NewMetrics(registry),
	}
	if token != "" {
		opts.Tokens = staticToken(token)
	}
	c, err := client.Dial(cfg, opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestLifeOfATaskOverGRPC(t *testing.T) {
	prepare(t)
	s := start(t)
	c := s.dial(t)

	created, err := c.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: "Buy milk"})
	require.NoError(t, err)
	id := created.GetTask().GetId()
	change := &tasksv1.UpdateTaskRequest{Id: id, Version: 1, Status: tasksv1.TaskStatus_TASK_STATUS_DONE}
	_, err = c.UpdateTask(t.Context(), change)
	require.NoError(t, err)
	_, err = c.UpdateTask(t.Context(), change)
	require.Equal(t, "VERSION_MISMATCH", apierror.From(err).Reason)

	var ids []string
	for task, err := range c.AllTasks(t.Context(), tasksv1.TaskStatus_TASK_STATUS_DONE) {
		require.NoError(t, err)
		ids = append(ids, task.GetId())
	}
	require.Equal(t, []string{id}, ids)
	_, err = c.DeleteTask(t.Context(), &tasksv1.DeleteTaskRequest{Id: id, Version: 2})
	require.NoError(t, err)

	require.NoError(t, c.Close())
	s.stop()
	require.Zero(t, <-s.code)
}

func TestEveryCallIsATrace(t *testing.T) {
	prepare(t)
	collector := telemetrytest.NewCollector(t)
	s := start(t)
	c := s.dial(t)
	_, err := c.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: "Buy milk"})
	require.NoError(t, err)
	require.NoError(t, c.Close())
	s.stop()
	require.Zero(t, <-s.code)

	var calls []telemetrytest.Span
	for _, span := range collector.Spans() {
		if span.ParentID == "" {
			calls = append(calls, span)
		}
	}
	require.Len(t, calls, 1, "probes make no spans")
	require.Equal(t, "tasks.v1.TaskService/CreateTask", calls[0].Name)
}
