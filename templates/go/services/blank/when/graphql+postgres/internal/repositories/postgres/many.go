package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/postgres"
)

// GetMany returns the tasks with these ids that exist, in any order, by one
// statement.
func (r *Tasks) GetMany(ctx context.Context, ids []uuid.UUID) ([]domain.Task, error) {
	rows, err := r.pool.Query(ctx, "SELECT "+taskColumns+" FROM tasks WHERE id = ANY($1)", ids)
	if err != nil {
		return nil, postgres.Translate(err)
	}
	tasks, err := pgx.CollectRows(rows, scanTask)
	return tasks, postgres.Translate(err)
}
