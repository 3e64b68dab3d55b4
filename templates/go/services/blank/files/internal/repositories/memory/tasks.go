// Package memory keeps tasks in the memory of the process: for tests, and for
// services that have no database yet. Everything is lost when the process ends.
package memory

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
)

// Tasks is a services.TaskRepository. Its methods are safe for concurrent use.
type Tasks struct {
	mu    sync.RWMutex
	tasks map[uuid.UUID]domain.Task
}

var _ services.TaskRepository = (*Tasks)(nil)

// NewTasks returns an empty repository.
func NewTasks() *Tasks {
	return &Tasks{tasks: map[uuid.UUID]domain.Task{}}
}

// Create stores a new task; an id that is taken is a Conflict.
func (r *Tasks) Create(ctx context.Context, task domain.Task) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.tasks[task.ID()]; taken {
		return apierror.New(apierror.Conflict, "ALREADY_EXISTS", "it already exists")
	}
	r.tasks[task.ID()] = task
	return nil
}

// Get returns a task.
func (r *Tasks) Get(ctx context.Context, id uuid.UUID) (domain.Task, error) {
	if err := ctx.Err(); err != nil {
		return domain.Task{}, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	task, ok := r.tasks[id]
	if !ok {
		return domain.Task{}, domain.ErrTaskNotFound
	}
	return task, nil
}

// List returns tasks in the order of their ids.
func (r *Tasks) List(ctx context.Context, filter services.TaskFilter) ([]domain.Task, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found []domain.Task
	for _, task := range r.tasks {
		if bytes.Compare(id(task), filter.After[:]) > 0 && hasStatus(task, filter.Status) {
			found = append(found, task)
		}
	}
	slices.SortFunc(found, func(a, b domain.Task) int { return bytes.Compare(id(a), id(b)) })
	return found[:min(len(found), filter.Limit)], nil
}

// Update changes a task while no other call can see or change it.
func (r *Tasks) Update(ctx context.Context, id uuid.UUID, change func(*domain.Task) error) (domain.Task, error) {
	if err := ctx.Err(); err != nil {
		return domain.Task{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	task, ok := r.tasks[id]
	if !ok {
		return domain.Task{}, domain.ErrTaskNotFound
	}
	if err := change(&task); err != nil {
		return domain.Task{}, err
	}
	r.tasks[id] = task
	return task, nil
}

// Delete removes a task if allow returns nil for it.
func (r *Tasks) Delete(ctx context.Context, id uuid.UUID, allow func(domain.Task) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	task, ok := r.tasks[id]
	if !ok {
		return domain.ErrTaskNotFound
	}
	if err := allow(task); err != nil {
		return err
	}
	delete(r.tasks, id)
	return nil
}

func id(task domain.Task) []byte {
	id := task.ID()
	return id[:]
}

func hasStatus(task domain.Task, status *domain.Status) bool {
	return status == nil || task.Snapshot().Status == *status
}
