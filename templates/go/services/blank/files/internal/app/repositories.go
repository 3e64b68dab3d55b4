package app

import (
	"context"

	"goldpath.local/service/internal/services"
)

// repositories holds the storage of every aggregate.
type repositories struct {
	tasks services.TaskRepository
}

// wireRepositories returns the storage with what is put around it.
func (a *App) wireRepositories(ctx context.Context) (repositories, error) {
	r, err := a.wireStorage(ctx)
	if err != nil {
		return repositories{}, err
	}
	//% if cookiecutter.redis == "yes"
	if r.tasks, err = a.cacheTasks(r.tasks); err != nil {
		return repositories{}, err
	}
	//% endif
	//% if cookiecutter.crypto == "yes"
	// Outermost, so that the cache holds nothing that can be read either.
	if r.tasks, err = a.sealTasks(r.tasks); err != nil {
		return repositories{}, err
	}
	//% endif
	return r, nil
}
