package sealed

import (
	"context"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
)

// GetMany returns the tasks with these ids that exist, in any order.
func (r *Tasks) GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error) {
	stored, err := r.storage.GetMany(ctx, ids)
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
