package rbac_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/rbac"
)

// The domain declares permissions, the transport says which operation needs
// which, and the configuration says which role holds which.
func Example() {
	const readTasks, writeTasks rbac.Permission = "tasks:read", "tasks:write"
	policy := rbac.Policy{"reader": {readTasks}, "editor": {readTasks, writeTasks}}
	operations := rbac.Table{"GET /tasks": readTasks, "POST /tasks": writeTasks}

	authorizer, err := rbac.New([]rbac.Permission{readTasks, writeTasks}, policy, prometheus.NewRegistry())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := auth.NewContext(context.Background(), auth.Principal{Subject: "ada", Roles: []string{"reader"}})
	fmt.Println(authorizer.Authorize(ctx, operations["GET /tasks"]))
	fmt.Println(authorizer.Authorize(ctx, operations["POST /tasks"]))
	fmt.Println(operations.Undeclared([]string{"GET /tasks", "DELETE /tasks"}))
	// Output:
	// <nil>
	// PERMISSION_DENIED: the permission tasks:write is needed
	// [DELETE /tasks]
}
