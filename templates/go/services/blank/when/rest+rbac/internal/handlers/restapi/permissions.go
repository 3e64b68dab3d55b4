package restapi

import (
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/rbac"
)

// Permissions says what every operation needs, by method and route. An operation
// that is missing here is denied to everybody, and fails a test.
func Permissions() rbac.Table {
	return rbac.Table{
		"GET /api/v1/tasks":        domain.ReadTasks,
		"POST /api/v1/tasks":       domain.WriteTasks,
		"GET /api/v1/tasks/:id":    domain.ReadTasks,
		"PATCH /api/v1/tasks/:id":  domain.WriteTasks,
		"DELETE /api/v1/tasks/:id": domain.WriteTasks,
		"GET /api/v2/tasks":        domain.ReadTasks,
		"GET /api/v2/tasks/:id":    domain.ReadTasks,
	}
}
