// Package services holds the use cases of the service. Handlers call it,
// repositories are called by it through the interfaces it declares.
package services

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/pagination"
)

// Limits of the number of tasks on one page.
const (
	DefaultPageSize = 20
	MaxPageSize     = 100
)

// TaskFilter selects tasks by id: UUIDv7, so this is also the order of creation.
type TaskFilter struct {
	// After is the id of the last task already seen; the zero UUID starts at the beginning.
	After uuid.UUID
	// Status, when set, leaves out tasks with any other status.
	Status *domain.Status
	// Limit is the greatest number of tasks to return.
	Limit int
}

// TaskRepository stores tasks. Implementations return domain.ErrTaskNotFound
// for tasks that do not exist and apierror kinds for failures of the storage.
type TaskRepository interface {
	// Create stores a new task.
	Create(ctx context.Context, task domain.Task) error
	// Get returns a task.
	Get(ctx context.Context, id uuid.UUID) (domain.Task, error)
	//% if cookiecutter.graphql == "yes"
	// GetMany returns the tasks with these ids that exist, in any order.
	GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error)
	//% endif
	// List returns tasks in the order of their ids.
	List(ctx context.Context, filter TaskFilter) ([]domain.Task, error)
	// Update loads a task, lets change decide, and stores the result, all in
	// one transaction. Nothing is stored when change returns an error. change
	// may run more than once and must have no effect but on its argument.
	Update(ctx context.Context, id uuid.UUID, change func(*domain.Task) error) (domain.Task, error)
	// Delete removes a task if allow returns nil for it.
	Delete(ctx context.Context, id uuid.UUID, allow func(domain.Task) error) error
}

// Tasks is the use cases around tasks.
type Tasks struct {
	repository TaskRepository
	now        func() time.Time
}

// NewTasks returns the use cases on top of a repository. now is the clock.
func NewTasks(repository TaskRepository, now func() time.Time) *Tasks {
	return &Tasks{repository: repository, now: now}
}

// Create makes an open task.
func (s *Tasks) Create(ctx context.Context, title, notes string) (domain.Task, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return domain.Task{}, fmt.Errorf("make id: %w", err)
	}
	task, err := domain.NewTask(id, title, notes, s.timestamp())
	if err != nil {
		return domain.Task{}, err
	}
	if err := s.repository.Create(ctx, task); err != nil {
		return domain.Task{}, fmt.Errorf("store task: %w", err)
	}
	return task, nil
}

// Get returns one task.
func (s *Tasks) Get(ctx context.Context, id uuid.UUID) (domain.Task, error) {
	task, err := s.repository.Get(ctx, id)
	if err != nil {
		return domain.Task{}, fmt.Errorf("load task: %w", err)
	}
	return task, nil
}

// Update changes a task that is still at version.
func (s *Tasks) Update(ctx context.Context, id uuid.UUID, version int64, change domain.Change) (domain.Task, error) {
	now := s.timestamp()
	task, err := s.repository.Update(ctx, id, func(t *domain.Task) error {
		if err := t.RequireVersion(version); err != nil {
			return err
		}
		return t.Apply(change, now)
	})
	if err != nil {
		return domain.Task{}, fmt.Errorf("update task: %w", err)
	}
	return task, nil
}

// Delete removes a task that is still at version.
func (s *Tasks) Delete(ctx context.Context, id uuid.UUID, version int64) error {
	err := s.repository.Delete(ctx, id, func(t domain.Task) error { return t.RequireVersion(version) })
	if err != nil {
		return fmt.Errorf("delete task: %w", err)
	}
	return nil
}

// TaskQuery asks for one page of tasks.
type TaskQuery struct {
	// Cursor is the NextCursor of the page before, or "".
	Cursor string
	// Status, when set, leaves out tasks with any other status.
	Status *domain.Status
	// Limit is the size of the page; 0 means DefaultPageSize, and more than
	// MaxPageSize means MaxPageSize.
	Limit int
}

// TaskPage is one page of tasks.
type TaskPage struct {
	// Items is in the order of creation.
	Items []domain.Task
	// NextCursor asks for the page after this one; it is "" on the last page.
	NextCursor string
}

// List returns one page of tasks; none is shown twice. One that is stored while its
// page is read may be missing: its id was made before.
func (s *Tasks) List(ctx context.Context, query TaskQuery) (TaskPage, error) {
	if query.Status != nil && !query.Status.Valid() {
		return TaskPage{}, domain.ErrUnknownStatus
	}
	filter := TaskFilter{Status: query.Status}
	if query.Cursor != "" {
		after, err := pagination.Decode[uuid.UUID](query.Cursor)
		if err != nil {
			return TaskPage{}, err
		}
		filter.After = after
	}
	limit := pageSize(query.Limit)
	filter.Limit = limit + 1 // one more tells whether there is a next page
	tasks, err := s.repository.List(ctx, filter)
	if err != nil {
		return TaskPage{}, fmt.Errorf("list tasks: %w", err)
	}
	items, more := pagination.Split(tasks, limit)
	page := TaskPage{Items: items}
	if more {
		page.NextCursor, err = TaskCursor(items[len(items)-1])
	}
	return page, err
}

// TaskCursor returns the cursor that asks for what follows after task.
func TaskCursor(task domain.Task) (string, error) { return pagination.Encode(task.ID()) }

func pageSize(requested int) int {
	if requested < 1 {
		return DefaultPageSize
	}
	return min(requested, MaxPageSize)
}

// timestamp returns the time with the precision that every storage keeps.
func (s *Tasks) timestamp() time.Time {
	return s.now().UTC().Truncate(time.Microsecond)
}
