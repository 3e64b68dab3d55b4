package grpcapi_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
)

const (
	anyStatus = tasksv1.TaskStatus_TASK_STATUS_UNSPECIFIED
	open      = tasksv1.TaskStatus_TASK_STATUS_OPEN
	done      = tasksv1.TaskStatus_TASK_STATUS_DONE
	unknown   = tasksv1.TaskStatus(7)
)

func (h harness) create(t testing.TB, title string) *tasksv1.Task {
	t.Helper()
	res, err := h.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: title, Notes: "two"})
	require.NoError(t, err)
	return res.GetTask()
}

func (h harness) finish(t testing.TB, task *tasksv1.Task) *tasksv1.Task {
	t.Helper()
	res, err := h.UpdateTask(t.Context(), &tasksv1.UpdateTaskRequest{Id: task.GetId(), Version: task.GetVersion(), Status: done})
	require.NoError(t, err)
	return res.GetTask()
}

func TestLifeOfATask(t *testing.T) {
	h := serve(t, memory.NewTasks())
	created := h.create(t, " Buy milk ")
	require.Equal(t, "Buy milk", created.GetTitle())
	require.Equal(t, int64(1), created.GetVersion())
	require.Equal(t, open, created.GetStatus())
	require.WithinDuration(t, time.Now(), created.GetCreatedAt().AsTime(), time.Minute)
	require.Equal(t, created.GetCreatedAt().AsTime(), created.GetUpdatedAt().AsTime())

	read, err := h.GetTask(t.Context(), &tasksv1.GetTaskRequest{Id: created.GetId()})
	require.NoError(t, err)
	require.Equal(t, created.String(), read.GetTask().String())

	changed := h.finish(t, created)
	require.Equal(t, int64(2), changed.GetVersion())
	require.Equal(t, done, changed.GetStatus())
	require.Equal(t, "two", changed.GetNotes(), "what is not named stays")

	reopened, err := h.UpdateTask(t.Context(), &tasksv1.UpdateTaskRequest{
		Id: created.GetId(), Version: 2, Title: new("Buy bread"), Notes: new(""), Status: open,
	})
	require.NoError(t, err)
	require.Equal(t, "Buy bread", reopened.GetTask().GetTitle())
	require.Empty(t, reopened.GetTask().GetNotes(), "empty is not the same as not named")

	_, err = h.DeleteTask(t.Context(), &tasksv1.DeleteTaskRequest{Id: created.GetId(), Version: 3})
	require.NoError(t, err)
	_, err = h.GetTask(t.Context(), &tasksv1.GetTaskRequest{Id: created.GetId()})
	refused(t, err, apierror.NotFound, "TASK_NOT_FOUND")
}

func TestListPages(t *testing.T) {
	h := serve(t, memory.NewTasks())
	for i := range 5 {
		if task := h.create(t, fmt.Sprint("task ", i)); i%2 == 1 {
			h.finish(t, task)
		}
	}
	var titles []string
	req := &tasksv1.ListTasksRequest{PageSize: 2, Status: open}
	for {
		page, err := h.ListTasks(t.Context(), req)
		require.NoError(t, err)
		for _, task := range page.GetTasks() {
			titles = append(titles, task.GetTitle())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	require.Equal(t, []string{"task 0", "task 2", "task 4"}, titles)
}

func TestRefusals(t *testing.T) {
	h := serve(t, memory.NewTasks())
	get := func(id string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := h.GetTask(ctx, &tasksv1.GetTaskRequest{Id: id})
			return err
		}
	}
	create := func(title string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := h.CreateTask(ctx, &tasksv1.CreateTaskRequest{Title: title})
			return err
		}
	}
	list := func(req *tasksv1.ListTasksRequest) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := h.ListTasks(ctx, req)
			return err
		}
	}
	update := func(req *tasksv1.UpdateTaskRequest) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := h.UpdateTask(ctx, req)
			return err
		}
	}
	remove := func(id string, version int64) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := h.DeleteTask(ctx, &tasksv1.DeleteTaskRequest{Id: id, Version: version})
			return err
		}
	}
	stream := func(req *tasksv1.StreamTasksRequest) func(context.Context) error {
		return func(ctx context.Context) error {
			stream, err := h.StreamTasks(ctx, req)
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		}
	}
	first, second := h.create(t, "first"), h.finish(t, h.create(t, "second"))
	tests := map[string]struct {
		call   func(context.Context) error
		kind   apierror.Kind
		reason string
		fields []string
	}{
		"empty title":        {create(""), apierror.Invalid, "INVALID_TASK", []string{"title"}},
		"long title":         {create(strings.Repeat("x", 201)), apierror.Invalid, "INVALID_TASK", []string{"title"}},
		"unknown status":     {list(&tasksv1.ListTasksRequest{Status: unknown}), apierror.Invalid, "UNKNOWN_STATUS", []string{"status"}},
		"forged token":       {list(&tasksv1.ListTasksRequest{PageToken: "forged"}), apierror.Invalid, "INVALID_CURSOR", nil},
		"forged cursor":      {stream(&tasksv1.StreamTasksRequest{Cursor: "forged"}), apierror.Invalid, "INVALID_CURSOR", nil},
		"unknown in streams": {stream(&tasksv1.StreamTasksRequest{Status: unknown}), apierror.Invalid, "UNKNOWN_STATUS", []string{"status"}},
		"no id":              {get(""), apierror.Invalid, "INVALID_ID", []string{"id"}},
		"spelled otherwise":  {get("{" + missing + "}"), apierror.Invalid, "INVALID_ID", []string{"id"}},
		"missing task":       {get(missing), apierror.NotFound, "TASK_NOT_FOUND", nil},
		"update of nothing":  {update(&tasksv1.UpdateTaskRequest{Id: missing, Title: new("a")}), apierror.NotFound, "TASK_NOT_FOUND", nil},
		"update without id":  {update(&tasksv1.UpdateTaskRequest{Title: new("a")}), apierror.Invalid, "INVALID_ID", []string{"id"}},
		"delete of nothing":  {remove(missing, 1), apierror.NotFound, "TASK_NOT_FOUND", nil},
		"delete without id":  {remove("", 1), apierror.Invalid, "INVALID_ID", []string{"id"}},
		"empty change":       {update(&tasksv1.UpdateTaskRequest{Id: first.GetId(), Version: 1}), apierror.Invalid, "EMPTY_CHANGE", nil},
		"status of a newer contract": {
			update(&tasksv1.UpdateTaskRequest{Id: first.GetId(), Version: 1, Status: unknown}), apierror.Invalid, "INVALID_TASK", []string{"status"},
		},
		"old version": {
			update(&tasksv1.UpdateTaskRequest{Id: second.GetId(), Version: 1, Title: new("a")}),
			apierror.FailedPrecondition, "VERSION_MISMATCH", nil,
		},
		"delete of an old version": {remove(second.GetId(), 1), apierror.FailedPrecondition, "VERSION_MISMATCH", nil},
		"done task": {
			update(&tasksv1.UpdateTaskRequest{Id: second.GetId(), Version: 2, Title: new("a")}), apierror.Conflict, "TASK_DONE", nil,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			refused(t, tc.call(t.Context()), tc.kind, tc.reason, tc.fields...)
		})
	}
}

// The deadline of the caller reaches the storage, and its end the caller.
func TestDeadlinesEndTheWork(t *testing.T) {
	storage := newBlocking()
	h := serve(t, storage)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := h.GetTask(ctx, &tasksv1.GetTaskRequest{Id: missing})
	require.Equal(t, apierror.Timeout, apierror.From(err).Kind)
}

// A caller who brings no deadline is given one.
func TestCallsWithoutADeadlineGetOne(t *testing.T) {
	h := serve(t, newBlocking(), func(c *grpcserver.Config) {
		c.Deadline = interceptor.DeadlineConfig{Default: 10 * time.Millisecond, Max: 10 * time.Millisecond}
	})
	_, err := h.GetTask(t.Context(), &tasksv1.GetTaskRequest{Id: missing})
	refused(t, err, apierror.Timeout, "TIMEOUT")
}

func TestMessagesThatAreTooLargeAreRefused(t *testing.T) {
	h := serve(t, memory.NewTasks(), func(c *grpcserver.Config) { c.MaxRecvBytes = 1 << 10 })
	_, err := h.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{Title: "a", Notes: strings.Repeat("x", 2<<10)})
	refused(t, err, apierror.Invalid, "MESSAGE_TOO_LARGE")
}

func TestStreamsShowEveryTaskAndCanBeResumed(t *testing.T) {
	h := serve(t, memory.NewTasks())
	var want []string
	for i := range services.MaxPageSize + 5 {
		want = append(want, h.create(t, fmt.Sprint("task ", i)).GetTitle())
	}
	var got []string
	for task, err := range h.AllTasks(t.Context(), anyStatus) {
		require.NoError(t, err)
		got = append(got, task.GetTitle())
	}
	require.Equal(t, want, got)

	stream, err := h.StreamTasks(t.Context(), &tasksv1.StreamTasksRequest{Status: open})
	require.NoError(t, err)
	third := ""
	for range 3 {
		res, err := stream.Recv()
		require.NoError(t, err)
		third = res.GetCursor()
	}
	resumed, err := h.StreamTasks(t.Context(), &tasksv1.StreamTasksRequest{Cursor: third})
	require.NoError(t, err)
	res, err := resumed.Recv()
	require.NoError(t, err)
	require.Equal(t, "task 3", res.GetTask().GetTitle())
}

// endless is storage with one page after the other.
type endless struct {
	*memory.Tasks
	entered chan context.Context
}

func newEndless() endless { return endless{memory.NewTasks(), make(chan context.Context, 1)} }

func (e endless) List(ctx context.Context, filter services.TaskFilter) ([]domain.Task, error) {
	select {
	case e.entered <- ctx:
	default:
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tasks := make([]domain.Task, filter.Limit)
	for i := range tasks {
		tasks[i] = domain.Restore(domain.Snapshot{ID: uuid.New(), Title: strings.Repeat("x", domain.MaxTitle), Status: "lost"})
	}
	return tasks, nil
}

func TestAStreamEndsWithItsReader(t *testing.T) {
	storage := newEndless()
	h := serve(t, storage)
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := h.StreamTasks(ctx, &tasksv1.StreamTasksRequest{})
	require.NoError(t, err)
	res, err := stream.Recv()
	require.NoError(t, err)
	require.Equal(t, anyStatus, res.GetTask().GetStatus(), "stored under other rules")
	cancel()
	ofHandler := <-storage.entered
	require.Eventually(t, func() bool { return ofHandler.Err() != nil }, waitLimit, tick)
	for err == nil {
		_, err = stream.Recv()
	}
	require.NotErrorIs(t, err, io.EOF)
}

func TestAStreamEndsWithTheServer(t *testing.T) {
	h := serve(t, newEndless())
	stream, err := h.StreamTasks(t.Context(), &tasksv1.StreamTasksRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	stopped := make(chan error, 1)
	go func() { stopped <- h.server.Stop(t.Context()) }()
	for err == nil {
		_, err = stream.Recv()
	}
	refused(t, err, apierror.Unavailable, "STOPPING")
	require.NoError(t, <-stopped)
}

func BenchmarkGetTask(b *testing.B) {
	h := serve(b, memory.NewTasks())
	req := &tasksv1.GetTaskRequest{Id: h.create(b, "a").GetId()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.GetTask(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStreamTasks(b *testing.B) {
	h := serve(b, memory.NewTasks())
	for range services.MaxPageSize {
		h.create(b, "a")
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range h.AllTasks(b.Context(), anyStatus) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
