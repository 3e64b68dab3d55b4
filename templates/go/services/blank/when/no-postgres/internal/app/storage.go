package app

import (
	"context"

	"goldpath.local/service/internal/repositories/memory"
)

// wireStorage keeps everything in memory: this service has no database.
//
//nolint:unparam // other storages can fail
func (a *App) wireStorage(context.Context) (repositories, error) {
	return repositories{tasks: memory.NewTasks()}, nil
}
