package postgres

import (
	"context"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/postgres"
)

// GetMany returns the tasks with these ids that exist, in any order, by one
// statement.
func (r *Tasks) GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error) {
	tasks, err := queryTasks(ctx, r.db.Primary(), "SELECT "+taskColumns+" FROM tasks WHERE id = ANY($1)", ids)
	return tasks, postgres.Translate(err)
}
