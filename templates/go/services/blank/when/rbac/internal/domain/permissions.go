package domain

import "goldpath.local/service/pkg/rbac"

// What callers may be allowed to do. Roles hold permissions, and the table of
// every API says which one an operation needs.
const (
	// ReadTasks allows to see all tasks.
	ReadTasks rbac.Permission = "tasks.read"
	// WriteTasks allows to create, change and delete tasks.
	WriteTasks rbac.Permission = "tasks.write"
)

// Permissions returns all of them. What is not listed here cannot be held.
func Permissions() []rbac.Permission {
	return []rbac.Permission{ReadTasks, WriteTasks}
}
