package services_test

import (
	"io"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/broadcast"
)

// told returns what was told until the hub was closed.
func told(t *testing.T, stream broadcast.Stream[services.TaskChange]) []services.TaskChange {
	t.Helper()
	var changes []services.TaskChange
	for {
		change, err := stream.Next(t.Context())
		if err != nil {
			require.Equal(t, io.EOF, err)
			return changes
		}
		changes = append(changes, change)
	}
}

func TestChangesAreToldOnceTheyAreStored(t *testing.T) {
	hub := broadcast.New[services.TaskChange](10, 1)
	stream, err := hub.Subscribe()
	require.NoError(t, err)
	tasks := services.NewTasks(services.PublishChanges(memory.NewTasks(), hub), clock)

	created, err := tasks.Create(t.Context(), "Buy milk", "")
	require.NoError(t, err)
	updated, err := tasks.Update(t.Context(), created.ID(), 1, domain.Change{Status: new(domain.StatusDone)})
	require.NoError(t, err)
	require.NoError(t, tasks.Delete(t.Context(), created.ID(), 2))
	hub.Close()
	require.Equal(t, []services.TaskChange{
		{Kind: services.TaskCreated, Task: created},
		{Kind: services.TaskUpdated, Task: updated},
		{Kind: services.TaskDeleted, Task: updated},
	}, told(t, stream))
}

func TestWhatWasNotStoredIsNotTold(t *testing.T) {
	hub := broadcast.New[services.TaskChange](10, 1)
	stored := memory.NewTasks()
	task, err := services.NewTasks(stored, clock).Create(t.Context(), "Buy milk", "")
	require.NoError(t, err)
	stream, err := hub.Subscribe()
	require.NoError(t, err)
	tasks := services.NewTasks(services.PublishChanges(stored, hub), clock)

	_, err = tasks.Update(t.Context(), task.ID(), 7, domain.Change{Title: new("x")})
	require.ErrorIs(t, err, domain.ErrVersionMismatch)
	require.ErrorIs(t, tasks.Delete(t.Context(), uuid.New(), 1), domain.ErrTaskNotFound)
	_, err = services.NewTasks(services.PublishChanges(broken{}, hub), clock).Create(t.Context(), "Buy milk", "")
	require.ErrorIs(t, err, errDown)
	hub.Close()
	require.Empty(t, told(t, stream))
}

func TestManyTasksAreReadAtOnce(t *testing.T) {
	tasks := newTasks()
	task, err := tasks.Create(t.Context(), "Buy milk", "")
	require.NoError(t, err)
	found, err := tasks.GetMany(t.Context(), []uuid.UUID{task.ID(), uuid.New()})
	require.NoError(t, err)
	require.Equal(t, []domain.Task{task}, found)
}
