// Package sealed encrypts fields before repositories and decrypts them behind.
package sealed

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/crypto"
)

// Tasks is a services.TaskRepository whose storage never sees the notes of a task.
// It has every method of its own: one that was passed on would show ciphertext.
type Tasks struct {
	storage  services.TaskRepository
	envelope *crypto.Envelope
}

var _ services.TaskRepository = (*Tasks)(nil)

// NewTasks returns the repository before storage.
func NewTasks(storage services.TaskRepository, envelope *crypto.Envelope) *Tasks {
	return &Tasks{storage: storage, envelope: envelope}
}

// Create stores a new task.
func (r *Tasks) Create(ctx context.Context, task domain.Task) error {
	stored, err := r.seal(ctx, task)
	if err != nil {
		return err
	}
	return r.storage.Create(ctx, stored)
}

// Get returns a task.
func (r *Tasks) Get(ctx context.Context, id uuid.UUID) (domain.Task, error) {
	stored, err := r.storage.Get(ctx, id)
	if err != nil {
		return domain.Task{}, err
	}
	return r.open(ctx, stored)
}

// List returns tasks in the order of their ids.
func (r *Tasks) List(ctx context.Context, filter services.TaskFilter) ([]domain.Task, error) {
	stored, err := r.storage.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	tasks := make([]domain.Task, 0, len(stored))
	for _, each := range stored {
		task, err := r.open(ctx, each)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// Update changes a task.
func (r *Tasks) Update(ctx context.Context, id uuid.UUID, change func(*domain.Task) error) (domain.Task, error) {
	var result domain.Task
	_, err := r.storage.Update(ctx, id, func(stored *domain.Task) error {
		task, err := r.open(ctx, *stored)
		if err != nil {
			return err
		}
		if err := change(&task); err != nil {
			return err
		}
		result = task
		*stored, err = r.seal(ctx, task)
		return err
	})
	if err != nil {
		return domain.Task{}, err
	}
	return result, nil
}

// Delete removes a task if allow returns nil for it.
func (r *Tasks) Delete(ctx context.Context, id uuid.UUID, allow func(domain.Task) error) error {
	return r.storage.Delete(ctx, id, func(stored domain.Task) error {
		task, err := r.open(ctx, stored)
		if err != nil {
			return err
		}
		return allow(task)
	})
}

func (r *Tasks) seal(ctx context.Context, task domain.Task) (domain.Task, error) {
	s := task.Snapshot()
	notes, err := r.envelope.Seal(ctx, []byte(s.Notes), notesOf(s.ID))
	if err != nil {
		return domain.Task{}, fmt.Errorf("seal notes: %w", err)
	}
	s.Notes = notes
	return domain.Restore(s), nil
}

func (r *Tasks) open(ctx context.Context, stored domain.Task) (domain.Task, error) {
	s := stored.Snapshot()
	notes, err := r.envelope.Open(ctx, s.Notes, notesOf(s.ID))
	if err != nil {
		return domain.Task{}, fmt.Errorf("open notes: %w", err)
	}
	s.Notes = string(notes)
	return domain.Restore(s), nil
}

func notesOf(id uuid.UUID) crypto.Field {
	return crypto.Field{Table: "tasks", Column: "notes", ID: id.String()}
}
