package graphapi

import (
	"context"

	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/domain"
)

type mutations struct{ *API }

// CreateTask answers Mutation.createTask.
func (m mutations) CreateTask(ctx context.Context, input graph.CreateTaskInput) (*graph.CreateTaskPayload, error) {
	task, err := m.tasks.Create(ctx, input.Title, input.Notes)
	if err != nil {
		return nil, err
	}
	return &graph.CreateTaskPayload{Task: toTask(task)}, nil
}

// UpdateTask answers Mutation.updateTask.
func (m mutations) UpdateTask(ctx context.Context, input graph.UpdateTaskInput) (*graph.UpdateTaskPayload, error) {
	id, err := parseTaskID("input.id", input.ID)
	if err != nil {
		return nil, err
	}
	task, err := m.tasks.Update(ctx, id, int64(input.Version), domain.Change{
		Title:  input.Title,
		Notes:  input.Notes,
		Status: fromStatus(input.Status),
	})
	if err != nil {
		return nil, err
	}
	return &graph.UpdateTaskPayload{Task: toTask(task)}, nil
}

// DeleteTask answers Mutation.deleteTask.
func (m mutations) DeleteTask(ctx context.Context, input graph.DeleteTaskInput) (*graph.DeleteTaskPayload, error) {
	id, err := parseTaskID("input.id", input.ID)
	if err != nil {
		return nil, err
	}
	if err := m.tasks.Delete(ctx, id, int64(input.Version)); err != nil {
		return nil, err
	}
	return &graph.DeleteTaskPayload{DeletedID: input.ID}, nil
}
