package memory_test

import (
	"testing"

	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/repositories/repositorytest"
	"goldpath.local/service/internal/services"
)

func TestTasks(t *testing.T) {
	repositorytest.Tasks(t, func(*testing.T) services.TaskRepository { return memory.NewTasks() })
}
