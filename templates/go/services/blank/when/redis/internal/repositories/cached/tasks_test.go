package cached_test

import (
	"context"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/repositories/cached"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/repositories/repositorytest"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/rediscache/cache"
)

// counting counts how often a task was read from the storage.
type counting struct {
	services.TaskRepository

	gets int
}

func (c *counting) Get(ctx context.Context, id uuid.UUID) (domain.Task, error) {
	c.gets++
	return c.TaskRepository.Get(ctx, id)
}

func before(t *testing.T, storage services.TaskRepository) (*cached.Tasks, *miniredis.Miniredis) {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	metrics := cache.NewMetrics(prometheus.NewRegistry())
	tasks, err := cached.NewTasks(storage, client, config.Default().Redis.Cache, metrics)
	require.NoError(t, err)
	return tasks, server
}

func newTask(t *testing.T) domain.Task {
	t.Helper()
	task, err := domain.NewTask(uuid.Must(uuid.NewV7()), "Buy milk", "two", time.Now().UTC().Truncate(time.Microsecond))
	require.NoError(t, err)
	return task
}

func TestTasks(t *testing.T) {
	repositorytest.Tasks(t, func(t *testing.T) services.TaskRepository {
		tasks, _ := before(t, memory.NewTasks())
		return tasks
	})
}

func TestATaskIsReadOnceUntilItChanges(t *testing.T) {
	storage := &counting{TaskRepository: memory.NewTasks()}
	tasks, _ := before(t, storage)
	task := newTask(t)
	require.NoError(t, tasks.Create(t.Context(), task))
	for range 3 {
		loaded, err := tasks.Get(t.Context(), task.ID())
		require.NoError(t, err)
		require.Equal(t, task, loaded)
	}
	require.Equal(t, 1, storage.gets)

	changed, err := tasks.Update(t.Context(), task.ID(), func(t *domain.Task) error {
		return t.Apply(domain.Change{Notes: new("three")}, time.Now())
	})
	require.NoError(t, err)
	loaded, err := tasks.Get(t.Context(), task.ID())
	require.NoError(t, err)
	require.Equal(t, changed.Snapshot().Notes, loaded.Snapshot().Notes, "a write is seen by whoever made it")
	require.Equal(t, 2, storage.gets)
}

func TestADeletedTaskIsForgotten(t *testing.T) {
	tasks, _ := before(t, memory.NewTasks())
	task := newTask(t)
	require.NoError(t, tasks.Create(t.Context(), task))
	_, err := tasks.Get(t.Context(), task.ID())
	require.NoError(t, err)
	require.NoError(t, tasks.Delete(t.Context(), task.ID(), func(domain.Task) error { return nil }))
	_, err = tasks.Get(t.Context(), task.ID())
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
}

func TestWithoutRedisTheStorageAnswers(t *testing.T) {
	tasks, server := before(t, memory.NewTasks())
	server.Close()
	task := newTask(t)
	require.NoError(t, tasks.Create(t.Context(), task))
	_, err := tasks.Update(t.Context(), task.ID(), func(t *domain.Task) error {
		return t.Apply(domain.Change{Status: new(domain.StatusDone)}, time.Now())
	})
	require.NoError(t, err)
	loaded, err := tasks.Get(t.Context(), task.ID())
	require.NoError(t, err)
	require.Equal(t, domain.StatusDone, loaded.Snapshot().Status)
}

func TestACacheThatMakesNoSenseIsRefused(t *testing.T) {
	_, err := cached.NewTasks(memory.NewTasks(), nil, cache.Config{}, nil)
	require.Error(t, err)
}
