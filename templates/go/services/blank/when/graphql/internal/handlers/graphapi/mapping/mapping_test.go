package mapping_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/graphapi/mapping"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newTask(t *testing.T, title string) domain.Task {
	t.Helper()
	task, err := domain.NewTask(uuid.Must(uuid.NewV7()), title, "two", now)
	require.NoError(t, err)
	return task
}

func TestTasksAreShown(t *testing.T) {
	task := newTask(t, "Buy milk")
	shown := mapping.Task(task)
	id, err := mapping.ParseTaskID("id", shown.ID)
	require.NoError(t, err)
	require.Equal(t, task.ID(), id)
	require.Equal(t, &graph.Task{
		ID: shown.ID, Title: "Buy milk", Notes: "two", Status: graph.TaskStatusOpen, Version: 1, CreatedAt: now, UpdatedAt: now,
	}, shown)

	require.NoError(t, task.Apply(domain.Change{Status: new(domain.StatusDone)}, now.Add(time.Hour)))
	shown = mapping.Task(task)
	require.Equal(t, graph.TaskStatusDone, shown.Status)
	require.Equal(t, 2, shown.Version)
	require.Equal(t, now.Add(time.Hour), shown.UpdatedAt)
}

// Only what this service gave out is an id: another spelling of one is none.
func TestOtherIDsAreRefused(t *testing.T) {
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	id := uuid.Must(uuid.NewV7()).String()
	for name, text := range map[string]string{
		"empty":         "",
		"not encoded":   "Task:" + id,
		"bare":          encode(id),
		"another type":  encode("User:" + id),
		"no UUID":       encode("Task:7"),
		"another UUID":  encode("Task:{" + id + "}"),
		"another base":  base64.URLEncoding.EncodeToString([]byte("Task:" + id)),
		"something on ": encode("Task:"+id) + "AA",
	} {
		_, err := mapping.ParseTaskID("input.id", text)
		require.Error(t, err, name)
		refused := apierror.From(err)
		require.Equal(t, "INVALID_ID", refused.Reason, name)
		require.Equal(t, []apierror.Field{{Field: "input.id", Message: "is no id of a task"}}, refused.Fields)
	}
}

func TestStatusesAreUnderstood(t *testing.T) {
	require.Nil(t, mapping.FromStatus(nil))
	require.Equal(t, domain.StatusDone, *mapping.FromStatus(new(graph.TaskStatusDone)))
	require.Equal(t, domain.StatusOpen, *mapping.FromStatus(new(graph.TaskStatusOpen)))
}

func TestPagesHaveACursorForEveryTask(t *testing.T) {
	empty, err := mapping.Connection(services.TaskPage{})
	require.NoError(t, err)
	require.Equal(t, &graph.TaskConnection{Edges: []*graph.TaskEdge{}, PageInfo: &graph.PageInfo{}}, empty)

	page := services.TaskPage{Items: []domain.Task{newTask(t, "a"), newTask(t, "b")}, NextCursor: "more"}
	connection, err := mapping.Connection(page)
	require.NoError(t, err)
	require.Len(t, connection.Edges, 2)
	for i, edge := range connection.Edges {
		cursor, err := services.TaskCursor(page.Items[i])
		require.NoError(t, err)
		require.Equal(t, cursor, edge.Cursor)
		require.Equal(t, mapping.Task(page.Items[i]), edge.Node)
	}
	require.True(t, connection.PageInfo.HasNextPage)
	require.Equal(t, connection.Edges[0].Cursor, *connection.PageInfo.StartCursor)
	require.Equal(t, connection.Edges[1].Cursor, *connection.PageInfo.EndCursor)
}

func TestChangesAreShown(t *testing.T) {
	task := newTask(t, "a")
	for kind, want := range map[services.ChangeKind]graph.TaskChangeKind{
		services.TaskCreated: graph.TaskChangeKindCreated,
		services.TaskUpdated: graph.TaskChangeKindUpdated,
		services.TaskDeleted: graph.TaskChangeKindDeleted,
	} {
		shown := mapping.Change(services.TaskChange{Kind: kind, Task: task})
		require.Equal(t, &graph.TaskChange{Kind: want, Task: mapping.Task(task)}, shown)
	}
}
