package loaders_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/graphapi/loaders"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/services"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counting is a repository that counts its reads, which fail with err if there is one.
type counting struct {
	services.TaskRepository
	reads atomic.Int64
	err   error
}

func (c *counting) GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error) {
	c.reads.Add(1)
	if c.err != nil {
		return nil, c.err
	}
	return c.TaskRepository.GetMany(ctx, ids)
}

func newTasks(t *testing.T, n int) (repository *counting, tasks *services.Tasks, ids []uuid.UUID) {
	t.Helper()
	repository = &counting{TaskRepository: memory.NewTasks()}
	tasks = services.NewTasks(repository, time.Now)
	for range n {
		task, err := tasks.Create(t.Context(), "a", "")
		require.NoError(t, err)
		ids = append(ids, task.ID())
	}
	return repository, tasks, ids
}

func TestTasksComeInTheOrderOfTheirIDs(t *testing.T) {
	repository, tasks, ids := newTasks(t, 2)
	ctx := loaders.With(t.Context(), tasks)
	got, err := loaders.Tasks(ctx, ids[1], uuid.Must(uuid.NewV7()), ids[0], ids[1])
	require.NoError(t, err)
	require.Len(t, got, 4)
	require.Nil(t, got[1], "it does not exist")
	require.Equal(t, got[0], got[3])
	require.NotEqual(t, got[0], got[2])
	require.EqualValues(t, 1, repository.reads.Load())
}

// What one resolver has read, all others of the operation know.
func TestAnOperationReadsATaskOnce(t *testing.T) {
	repository, tasks, ids := newTasks(t, services.MaxPageSize) // what one read may bring
	ctx := loaders.With(t.Context(), tasks)
	_, err := loaders.Tasks(ctx, ids...)
	require.NoError(t, err)
	var resolvers sync.WaitGroup
	for _, id := range ids {
		resolvers.Go(func() {
			got, err := loaders.Tasks(ctx, id)
			if err != nil || got[0] == nil {
				t.Errorf("load %s: %v", id, err)
			}
		})
	}
	resolvers.Wait()
	require.EqualValues(t, 1, repository.reads.Load())

	_, err = loaders.Tasks(loaders.With(t.Context(), tasks), ids[0])
	require.NoError(t, err)
	require.EqualValues(t, 2, repository.reads.Load(), "another operation reads anew")
}

func TestFailuresOfTheStorageAreTold(t *testing.T) {
	repository, tasks, ids := newTasks(t, 1)
	repository.err = errors.New("broken")
	_, err := loaders.Tasks(loaders.With(t.Context(), tasks), ids...)
	require.ErrorIs(t, err, repository.err)
}

func TestLoadersNeedAScope(t *testing.T) {
	_, err := loaders.Tasks(t.Context(), uuid.Nil)
	require.EqualError(t, err, "the operation has no scope")
}
