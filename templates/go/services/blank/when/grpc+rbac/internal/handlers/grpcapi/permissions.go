package grpcapi

import (
	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/rbac"
)

// Permissions says what every method needs, by its full name. A method that is
// missing here is denied to everybody, and fails a test.
func Permissions() rbac.Table {
	return rbac.Table{
		tasksv1.TaskService_GetTask_FullMethodName:     domain.ReadTasks,
		tasksv1.TaskService_ListTasks_FullMethodName:   domain.ReadTasks,
		tasksv1.TaskService_StreamTasks_FullMethodName: domain.ReadTasks,
		tasksv1.TaskService_CreateTask_FullMethodName:  domain.WriteTasks,
		tasksv1.TaskService_UpdateTask_FullMethodName:  domain.WriteTasks,
		tasksv1.TaskService_DeleteTask_FullMethodName:  domain.WriteTasks,
	}
}

// PublicMethods names what may be called without a token: what is declared
// rbac.Public.
func PublicMethods() []string {
	var public []string
	for method, permission := range Permissions() {
		if permission == rbac.Public {
			public = append(public, method)
		}
	}
	return public
}
