package graphapi

import (
	"context"

	"github.com/google/uuid"

	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/graphapi/loaders"
	"goldpath.local/service/internal/handlers/graphapi/mapping"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
)

// errInvalidPage is a page, or a list of ids, that is too long or none.
var errInvalidPage = apierror.Newf(apierror.Invalid, "INVALID_PAGE_SIZE", "ask for 1 to %d at once", services.MaxPageSize)

type queries struct{ *API }

// Node answers Query.node.
func (q queries) Node(ctx context.Context, id string) (graph.Node, error) {
	task, err := q.Task(ctx, id)
	if err != nil || task == nil {
		return nil, err
	}
	return task, nil
}

// Nodes answers Query.nodes.
func (q queries) Nodes(ctx context.Context, ids []string) ([]graph.Node, error) {
	if err := checkSize("ids", len(ids)); err != nil {
		return nil, err
	}
	parsed := make([]uuid.UUID, len(ids))
	for i, text := range ids {
		id, err := mapping.ParseTaskID("ids", text)
		if err != nil {
			return nil, err
		}
		parsed[i] = id
	}
	tasks, err := loaders.Tasks(ctx, parsed...)
	if err != nil {
		return nil, err
	}
	nodes := make([]graph.Node, len(tasks))
	for i, task := range tasks {
		if task != nil { // a nil task in a Node would be no nil
			nodes[i] = task
		}
	}
	return nodes, nil
}

// Task answers Query.task.
func (queries) Task(ctx context.Context, id string) (*graph.Task, error) {
	parsed, err := mapping.ParseTaskID("id", id)
	if err != nil {
		return nil, err
	}
	tasks, err := loaders.Tasks(ctx, parsed)
	if err != nil {
		return nil, err
	}
	return tasks[0], nil
}

// Tasks answers Query.tasks.
func (q queries) Tasks(ctx context.Context, first int, after *string, status *graph.TaskStatus) (*graph.TaskConnection, error) {
	if err := checkSize("first", first); err != nil {
		return nil, err
	}
	query := services.TaskQuery{Limit: first, Status: mapping.FromStatus(status)}
	if after != nil {
		query.Cursor = *after
	}
	page, err := q.tasks.List(ctx, query)
	if err != nil {
		return nil, err
	}
	return mapping.Connection(page)
}

func checkSize(field string, size int) error {
	if size < 1 || size > services.MaxPageSize {
		return errInvalidPage.WithFields(apierror.Field{Field: field, Message: "is out of range"})
	}
	return nil
}

type mutations struct{ *API }

// CreateTask answers Mutation.createTask.
func (m mutations) CreateTask(ctx context.Context, input graph.CreateTaskInput) (*graph.CreateTaskPayload, error) {
	task, err := m.tasks.Create(ctx, input.Title, input.Notes)
	if err != nil {
		return nil, err
	}
	return &graph.CreateTaskPayload{Task: mapping.Task(task)}, nil
}

// UpdateTask answers Mutation.updateTask.
func (m mutations) UpdateTask(ctx context.Context, input graph.UpdateTaskInput) (*graph.UpdateTaskPayload, error) {
	id, err := mapping.ParseTaskID("input.id", input.ID)
	if err != nil {
		return nil, err
	}
	task, err := m.tasks.Update(ctx, id, int64(input.Version), domain.Change{
		Title:  input.Title,
		Notes:  input.Notes,
		Status: mapping.FromStatus(input.Status),
	})
	if err != nil {
		return nil, err
	}
	return &graph.UpdateTaskPayload{Task: mapping.Task(task)}, nil
}

// DeleteTask answers Mutation.deleteTask.
func (m mutations) DeleteTask(ctx context.Context, input graph.DeleteTaskInput) (*graph.DeleteTaskPayload, error) {
	id, err := mapping.ParseTaskID("input.id", input.ID)
	if err != nil {
		return nil, err
	}
	if err := m.tasks.Delete(ctx, id, int64(input.Version)); err != nil {
		return nil, err
	}
	return &graph.DeleteTaskPayload{DeletedID: input.ID}, nil
}
