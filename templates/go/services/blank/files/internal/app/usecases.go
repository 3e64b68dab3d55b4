package app

import (
	"time"

	"goldpath.local/service/internal/services"
)

// useCases holds what the service can do, whoever asks for it.
type useCases struct {
	tasks *services.Tasks
	//% if cookiecutter.graphql == "yes"
	// changes tells what happens to tasks.
	changes services.Changes
	//% endif
}

// wireUseCases builds the use cases on top of the storage.
func wireUseCases(r repositories) useCases {
	var u useCases
	//% if cookiecutter.graphql == "yes"
	u.changes = newChanges()
	r.tasks = services.PublishChanges(r.tasks, u.changes)
	//% endif
	u.tasks = services.NewTasks(r.tasks, time.Now)
	return u
}
