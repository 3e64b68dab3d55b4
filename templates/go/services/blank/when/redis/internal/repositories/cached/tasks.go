// Package cached puts caches before repositories.
package cached

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/rediscache/cache"
)

// version is part of the keys: raise it when a field of domain.Snapshot changes its
// meaning. Fields that come, go or change their type are told apart without it.
const version = 1

// Tasks is a services.TaskRepository that remembers single tasks. Lists and writes
// go to the storage behind it; a write also forgets what was remembered of the task.
type Tasks struct {
	services.TaskRepository

	cache *cache.Cache[domain.Snapshot]
}

var _ services.TaskRepository = (*Tasks)(nil)

// NewTasks returns the repository before storage.
func NewTasks(
	storage services.TaskRepository, client redis.Cmdable, cfg cache.Config, metrics *cache.Metrics,
) (*Tasks, error) {
	cache, err := cache.New[domain.Snapshot](client, "tasks", version, cfg, metrics)
	if err != nil {
		return nil, fmt.Errorf("make cache of tasks: %w", err)
	}
	return &Tasks{TaskRepository: storage, cache: cache}, nil
}

// Get returns a task, at most as old as cache.Cache says.
func (r *Tasks) Get(ctx context.Context, id uuid.UUID) (domain.Task, error) {
	snapshot, err := r.cache.Get(ctx, id.String(), func(ctx context.Context, _ string) (domain.Snapshot, error) {
		task, err := r.TaskRepository.Get(ctx, id)
		if err != nil {
			return domain.Snapshot{}, err
		}
		return task.Snapshot(), nil
	})
	if err != nil {
		return domain.Task{}, err
	}
	return domain.Restore(snapshot), nil
}

// Update changes a task in the storage.
func (r *Tasks) Update(ctx context.Context, id uuid.UUID, change func(*domain.Task) error) (domain.Task, error) {
	// Also after a refusal: whoever changes a version that is not the latest may
	// have got it from here.
	defer r.forget(ctx, id)
	return r.TaskRepository.Update(ctx, id, change)
}

// Delete removes a task from the storage.
func (r *Tasks) Delete(ctx context.Context, id uuid.UUID, allow func(domain.Task) error) error {
	defer r.forget(ctx, id)
	return r.TaskRepository.Delete(ctx, id, allow)
}

// forget must not make a write fail that has happened: the cache counts its errors,
// and what it could not forget lives no longer than its TTL.
func (r *Tasks) forget(ctx context.Context, id uuid.UUID) {
	_ = r.cache.Invalidate(context.WithoutCancel(ctx), id.String())
}
