package memory

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
)

// GetMany returns the tasks with these ids that exist, in any order.
func (r *Tasks) GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	found := map[uuid.UUID]domain.Task{}
	for _, id := range ids {
		if task, ok := r.tasks[id]; ok {
			found[id] = task
		}
	}
	return slices.Collect(maps.Values(found)), nil
}
