package services

import (
	"context"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/broadcast"
)

// ChangeKind says what happened to a task.
type ChangeKind int

const (
	// TaskCreated is a task that is new.
	TaskCreated ChangeKind = iota + 1
	// TaskUpdated is a task that is different.
	TaskUpdated
	// TaskDeleted is a task that is gone.
	TaskDeleted
)

// TaskChange is something that happened to a task.
type TaskChange struct {
	// Kind says what it was.
	Kind ChangeKind
	// Task is the task as it was left; of a deleted one, as it was last.
	Task domain.Task
}

// Changes carries what happens to tasks to who listens. A broadcast.Hub is one,
// within this process.
type Changes interface {
	// Publish tells everybody who listens, and waits for nobody.
	Publish(change TaskChange)
	// Subscribe listens from now on.
	Subscribe() (broadcast.Stream[TaskChange], error)
}

// publishing is a repository that tells what was stored.
type publishing struct {
	TaskRepository

	changes Changes
}

// PublishChanges returns a repository that tells changes of every change of a task
// once it is stored. Changes of one task that are stored at almost the same time
// may be told in the other order: their versions say which is newer.
func PublishChanges(repository TaskRepository, changes Changes) TaskRepository {
	return publishing{repository, changes}
}

// Create stores a new task.
func (p publishing) Create(ctx context.Context, task domain.Task) error {
	if err := p.TaskRepository.Create(ctx, task); err != nil {
		return err
	}
	p.changes.Publish(TaskChange{TaskCreated, task})
	return nil
}

// Update changes a task.
func (p publishing) Update(ctx context.Context, id uuid.UUID, change func(*domain.Task) error) (domain.Task, error) {
	task, err := p.TaskRepository.Update(ctx, id, change)
	if err == nil {
		p.changes.Publish(TaskChange{TaskUpdated, task})
	}
	return task, err
}

// Delete removes a task.
func (p publishing) Delete(ctx context.Context, id uuid.UUID, allow func(domain.Task) error) error {
	var last domain.Task
	err := p.TaskRepository.Delete(ctx, id, func(task domain.Task) error {
		last = task // the last attempt counts
		return allow(task)
	})
	if err == nil {
		p.changes.Publish(TaskChange{TaskDeleted, last})
	}
	return err
}
