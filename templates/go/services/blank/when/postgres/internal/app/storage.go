package app

import (
	"context"

	"goldpath.local/service/internal/repositories/postgres"
)

// wireStorage puts every aggregate into the database.
func (a *App) wireStorage(ctx context.Context) (repositories, error) {
	db, err := a.wirePostgres(ctx)
	if err != nil {
		return repositories{}, err
	}
	return repositories{tasks: postgres.NewTasks(db)}, nil
}
