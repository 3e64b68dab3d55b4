package graphapi

import (
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/rbac"
)

// Permissions says what every field of the root needs, by type and field. A field
// that is missing here is denied to everybody, and fails a test. The fields below
// show what the caller may see, because only these lead to them.
func Permissions() rbac.Table {
	return rbac.Table{
		"Query.node":               domain.ReadTasks,
		"Query.nodes":              domain.ReadTasks,
		"Query.task":               domain.ReadTasks,
		"Query.tasks":              domain.ReadTasks,
		"Mutation.createTask":      domain.WriteTasks,
		"Mutation.updateTask":      domain.WriteTasks,
		"Mutation.deleteTask":      domain.WriteTasks,
		"Subscription.taskChanged": domain.ReadTasks,
	}
}
