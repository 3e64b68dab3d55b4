package sealed

import (
	"context"
	"errors"
	"fmt"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/crypto"
)

// batch is how many tasks are looked at between two reads of the storage.
const batch = 100

// Rotate puts every task of storage that is under an older key under the primary
// one, and returns how many those were. Nothing is decrypted, versions stay, and it
// may be stopped and run again, also while the service works.
func Rotate(ctx context.Context, storage services.TaskRepository, envelope *crypto.Envelope) (int, error) {
	rotated := 0
	filter := services.TaskFilter{Limit: batch}
	for {
		tasks, err := storage.List(ctx, filter)
		if err != nil {
			return rotated, fmt.Errorf("list tasks: %w", err)
		}
		for _, task := range tasks {
			if !envelope.NeedsRotation(task.Snapshot().Notes) {
				continue
			}
			switch err := rotate(ctx, storage, envelope, task); {
			case errors.Is(err, domain.ErrTaskNotFound): // deleted meanwhile
			case err != nil:
				return rotated, err
			default:
				rotated++
			}
		}
		if len(tasks) < batch {
			return rotated, nil
		}
		filter.After = tasks[len(tasks)-1].ID()
	}
}

// rotate reads the task again under the lock of the update: it may have changed.
func rotate(ctx context.Context, storage services.TaskRepository, envelope *crypto.Envelope, task domain.Task) error {
	_, err := storage.Update(ctx, task.ID(), func(stored *domain.Task) error {
		s := stored.Snapshot()
		notes, err := envelope.Rewrap(ctx, s.Notes)
		if err != nil {
			return err
		}
		s.Notes = notes
		*stored = domain.Restore(s)
		return nil
	})
	if err != nil {
		return fmt.Errorf("rotate task %s: %w", task.ID(), err)
	}
	return nil
}
