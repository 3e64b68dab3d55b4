package graphapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	createQuery = `mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }`
	updateQuery = `mutation($input: UpdateTaskInput!) { updateTask(input: $input) { task { ` + taskFields + ` } } }`
	deleteQuery = `mutation($input: DeleteTaskInput!) { deleteTask(input: $input) { deletedId } }`
)

type input map[string]any

func TestLifeOfATask(t *testing.T) {
	c := newClient(t)
	created := c.create(" Buy milk ")
	require.Equal(t, "Buy milk", created.Title)
	require.Equal(t, 1, created.Version)

	var updated struct{ UpdateTask struct{ Task task } }
	c.query(updateQuery, "input", input{"id": created.ID, "version": 1, "status": "DONE", "title": nil}).ok(&updated)
	require.Equal(t, "DONE", updated.UpdateTask.Task.Status)
	require.Equal(t, "Buy milk", updated.UpdateTask.Task.Title, "null changes nothing")
	require.Equal(t, 2, updated.UpdateTask.Task.Version)
	c.query(updateQuery, "input", input{"id": created.ID, "version": 2, "status": "OPEN", "notes": "two"}).ok(&updated)
	require.Equal(t, "two", updated.UpdateTask.Task.Notes)

	var deleted struct{ DeleteTask struct{ DeletedID string } }
	c.query(deleteQuery, "input", input{"id": created.ID, "version": 3}).ok(&deleted)
	require.Equal(t, created.ID, deleted.DeleteTask.DeletedID)
	c.query(deleteQuery, "input", input{"id": created.ID, "version": 3}).refused("NOT_FOUND", "TASK_NOT_FOUND")
}

func TestMutationsAreRefused(t *testing.T) {
	c := newClient(t)
	id := c.create("a").ID
	done := c.create("b").ID
	c.query(updateQuery, "input", input{"id": done, "version": 1, "status": "DONE"})
	tests := map[string]struct {
		query        string
		input        input
		code, reason string
		field        string
	}{
		"empty title":    {createQuery, input{"title": ""}, "BAD_USER_INPUT", "INVALID_TASK", "title"},
		"long title":     {createQuery, input{"title": strings.Repeat("x", 201)}, "BAD_USER_INPUT", "INVALID_TASK", "title"},
		"wrong type":     {createQuery, input{"title": input{}}, "GRAPHQL_VALIDATION_FAILED", "VALIDATION_FAILED", ""},
		"missing title":  {createQuery, input{}, "GRAPHQL_VALIDATION_FAILED", "VALIDATION_FAILED", ""},
		"unknown field":  {createQuery, input{"title": "a", "owner": "b"}, "GRAPHQL_VALIDATION_FAILED", "VALIDATION_FAILED", ""},
		"unknown status": {updateQuery, input{"id": id, "version": 1, "status": "LOST"}, "GRAPHQL_VALIDATION_FAILED", "VALIDATION_FAILED", ""},
		"no change":      {updateQuery, input{"id": id, "version": 1}, "BAD_USER_INPUT", "EMPTY_CHANGE", ""},
		"bad id":         {updateQuery, input{"id": "7", "version": 1, "title": "a"}, "BAD_USER_INPUT", "INVALID_ID", "input.id"},
		"bad id, delete": {deleteQuery, input{"id": "7", "version": 1}, "BAD_USER_INPUT", "INVALID_ID", "input.id"},
		"stale":          {updateQuery, input{"id": id, "version": 9, "title": "a"}, "PRECONDITION_FAILED", "VERSION_MISMATCH", ""},
		"stale, delete":  {deleteQuery, input{"id": id, "version": 9}, "PRECONDITION_FAILED", "VERSION_MISMATCH", ""},
		"done":           {updateQuery, input{"id": done, "version": 2, "title": "a"}, "CONFLICT", "TASK_DONE", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := c.query(tc.query, "input", tc.input).refused(tc.code, tc.reason)
			if tc.field != "" {
				require.Equal(t, tc.field, got.Extensions.Fields[0].Field)
			}
		})
	}
}

// One mutation that fails takes none of the others with it.
func TestMutationsOfOneOperationFailAlone(t *testing.T) {
	c := newClient(t)
	got := c.query(`mutation { a: createTask(input: {title: "a"}) { task { title } } b: createTask(input: {title: ""}) { task { title } } }`)
	got.refused("BAD_USER_INPUT", "INVALID_TASK")
	require.JSONEq(t, `{"a":{"task":{"title":"a"}},"b":null}`, string(got.Data))
	require.Equal(t, []any{"b"}, got.Errors[0].Path)
}
