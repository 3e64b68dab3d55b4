package app

import (
	"context"

	"goldpath.local/service/internal/repositories/memory"
)

// wireRepositories keeps everything in memory: this service has no database.
//
//nolint:unparam // other storages can fail
func (a *App) wireRepositories(context.Context) (repositories, error) {
	return repositories{tasks: memory.NewTasks()}, nil
}
