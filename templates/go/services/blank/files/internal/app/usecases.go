package app

import (
	"time"

	"goldpath.local/service/internal/services"
)

// repositories holds the storage of every aggregate.
type repositories struct {
	tasks services.TaskRepository
}

// useCases holds what the service can do, whoever asks for it.
type useCases struct {
	tasks *services.Tasks
}

// wireUseCases builds the use cases on top of the storage.
func wireUseCases(r repositories) useCases {
	return useCases{tasks: services.NewTasks(r.tasks, time.Now)}
}
