// Package loaders turns many reads of one item each into few reads of many.
package loaders

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/graphapi/mapping"
	"goldpath.local/service/internal/services"
)

// batchWait is how long a loader waits for more ids before it reads.
const batchWait = time.Millisecond

type taskLoaderKey struct{}

type taskLoader = dataloadgen.Loader[uuid.UUID, domain.Task]

// With returns a context with loaders that read from tasks: resolvers that ask for
// one task each cause one read of all. Loaders remember what they have read, so they
// must not be shared between operations, nor between events of a subscription.
func With(ctx context.Context, tasks *services.Tasks) context.Context {
	read := func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]domain.Task, error) {
		return readTasks(ctx, tasks, ids)
	}
	loader := dataloadgen.NewMappedLoader(read,
		dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(services.MaxPageSize))
	return context.WithValue(ctx, taskLoaderKey{}, loader)
}

func readTasks(ctx context.Context, from *services.Tasks, ids []uuid.UUID) (map[uuid.UUID]domain.Task, error) {
	tasks, err := from.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[uuid.UUID]domain.Task, len(tasks))
	for _, task := range tasks {
		found[task.ID()] = task
	}
	return found, nil
}

// Tasks returns tasks in the order of ids, nil for those that do not exist.
func Tasks(ctx context.Context, ids ...uuid.UUID) ([]*graph.Task, error) {
	loader, ok := ctx.Value(taskLoaderKey{}).(*taskLoader)
	if !ok {
		return nil, errors.New("the operation has no scope")
	}
	loads := make([]func() (domain.Task, error), len(ids))
	for i, id := range ids {
		loads[i] = loader.LoadThunk(ctx, id)
	}
	tasks := make([]*graph.Task, len(ids))
	for i, load := range loads {
		task, err := load()
		switch {
		case errors.Is(err, dataloadgen.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			tasks[i] = mapping.Task(task)
		}
	}
	return tasks, nil
}
