// Package postgres keeps the aggregates in PostgreSQL.
package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/replica"
)

const taskColumns = "id, title, notes, status, version, created_at, updated_at"

// Tasks is a services.TaskRepository. Its methods are safe for concurrent use. Lists
// may come from a replica. Single tasks come from the primary: their versions decide
// about updates, and caches keep them.
type Tasks struct {
	db *replica.Router
}

var _ services.TaskRepository = (*Tasks)(nil)

// NewTasks returns the repository on a database that the caller closes.
func NewTasks(db *replica.Router) *Tasks {
	return &Tasks{db: db}
}

// Create stores a new task; an id that is taken is a Conflict.
func (r *Tasks) Create(ctx context.Context, task domain.Task) error {
	s := task.Snapshot()
	_, err := r.db.Writer(ctx).Exec(ctx,
		"INSERT INTO tasks ("+taskColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7)",
		s.ID, s.Title, s.Notes, s.Status, s.Version, s.CreatedAt, s.UpdatedAt)
	return postgres.Translate(err)
}

// Get returns a task.
func (r *Tasks) Get(ctx context.Context, id uuid.UUID) (domain.Task, error) {
	return queryTask(ctx, r.db.Primary(), "SELECT "+taskColumns+" FROM tasks WHERE id = $1", id)
}

// List returns tasks in the order of their ids.
func (r *Tasks) List(ctx context.Context, filter services.TaskFilter) ([]domain.Task, error) {
	query := "SELECT " + taskColumns + " FROM tasks WHERE id > $1 ORDER BY id LIMIT $2"
	args := []any{filter.After, filter.Limit}
	if filter.Status != nil {
		query = "SELECT " + taskColumns + " FROM tasks WHERE id > $1 AND status = $3 ORDER BY id LIMIT $2"
		args = append(args, *filter.Status)
	}
	var tasks []domain.Task
	err := r.db.Read(ctx, func(db *pgxpool.Pool) (err error) {
		tasks, err = queryTasks(ctx, db, query, args...)
		return err
	})
	return tasks, postgres.Translate(err)
}

// Update changes a task under a row lock.
func (r *Tasks) Update(ctx context.Context, id uuid.UUID, change func(*domain.Task) error) (domain.Task, error) {
	var task domain.Task
	err := r.db.InTx(ctx, func(tx pgx.Tx) (err error) {
		if task, err = lockTask(ctx, tx, id); err != nil {
			return err
		}
		if err := change(&task); err != nil {
			return err
		}
		s := task.Snapshot()
		_, err = tx.Exec(ctx,
			"UPDATE tasks SET title = $2, notes = $3, status = $4, version = $5, updated_at = $6 WHERE id = $1",
			s.ID, s.Title, s.Notes, s.Status, s.Version, s.UpdatedAt)
		return err
	})
	if err != nil {
		return domain.Task{}, postgres.Translate(err)
	}
	return task, nil
}

// Delete removes a task if allow returns nil for it.
func (r *Tasks) Delete(ctx context.Context, id uuid.UUID, allow func(domain.Task) error) error {
	err := r.db.InTx(ctx, func(tx pgx.Tx) error {
		task, err := lockTask(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := allow(task); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM tasks WHERE id = $1", id)
		return err
	})
	return postgres.Translate(err)
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func lockTask(ctx context.Context, tx pgx.Tx, id uuid.UUID) (domain.Task, error) {
	return queryTask(ctx, tx, "SELECT "+taskColumns+" FROM tasks WHERE id = $1 FOR UPDATE", id)
}

func queryTask(ctx context.Context, db querier, query string, id uuid.UUID) (domain.Task, error) {
	rows, err := db.Query(ctx, query, id)
	if err != nil {
		return domain.Task{}, postgres.Translate(err)
	}
	task, err := pgx.CollectExactlyOneRow(rows, scanTask)
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.Task{}, domain.ErrTaskNotFound
	}
	return task, postgres.Translate(err)
}

func queryTasks(ctx context.Context, db querier, query string, args ...any) ([]domain.Task, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanTask)
}

func scanTask(row pgx.CollectableRow) (domain.Task, error) {
	var s domain.Snapshot
	err := row.Scan(&s.ID, &s.Title, &s.Notes, &s.Status, &s.Version, &s.CreatedAt, &s.UpdatedAt)
	return domain.Restore(s), err
}
