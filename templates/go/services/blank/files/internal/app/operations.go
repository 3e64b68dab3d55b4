package app

import (
	"time"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers"
	"goldpath.local/service/internal/services"
)

// repositories holds the storage of every aggregate.
type repositories struct {
	tasks services.TaskRepository
}

// wireOperations builds the use cases and the API on top of them.
func wireOperations(r repositories) rest.StrictServerInterface {
	return handlers.NewAPI(services.NewTasks(r.tasks, time.Now))
}
