// Package mapping turns what the use cases know into types of the schema, and back.
package mapping

import (
	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
)

// Task returns a task as clients see it.
func Task(task domain.Task) *graph.Task {
	s := task.Snapshot()
	return &graph.Task{
		ID:        taskID(task),
		Title:     s.Title,
		Notes:     s.Notes,
		Status:    toStatus(s.Status),
		Version:   int(s.Version),
		CreatedAt: s.CreatedAt,
		UpdatedAt: s.UpdatedAt,
	}
}

func toStatus(status domain.Status) graph.TaskStatus {
	if status == domain.StatusDone {
		return graph.TaskStatusDone
	}
	return graph.TaskStatusOpen
}

// FromStatus returns the status that a client asks for, nil for any.
func FromStatus(status *graph.TaskStatus) *domain.Status {
	switch {
	case status == nil:
		return nil
	case *status == graph.TaskStatusDone:
		return new(domain.StatusDone)
	default:
		return new(domain.StatusOpen)
	}
}

// Connection returns a page of tasks, with a cursor for each.
func Connection(page services.TaskPage) (*graph.TaskConnection, error) {
	connection := &graph.TaskConnection{
		Edges:    make([]*graph.TaskEdge, 0, len(page.Items)),
		PageInfo: &graph.PageInfo{HasNextPage: page.NextCursor != ""},
	}
	for _, task := range page.Items {
		cursor, err := services.TaskCursor(task)
		if err != nil {
			return nil, err
		}
		connection.Edges = append(connection.Edges, &graph.TaskEdge{Cursor: cursor, Node: Task(task)})
	}
	if edges := connection.Edges; len(edges) > 0 {
		connection.PageInfo.StartCursor = &edges[0].Cursor
		connection.PageInfo.EndCursor = &edges[len(edges)-1].Cursor
	}
	return connection, nil
}

// Change returns an event of a subscription.
func Change(change services.TaskChange) *graph.TaskChange {
	kinds := map[services.ChangeKind]graph.TaskChangeKind{
		services.TaskCreated: graph.TaskChangeKindCreated,
		services.TaskUpdated: graph.TaskChangeKindUpdated,
		services.TaskDeleted: graph.TaskChangeKindDeleted,
	}
	return &graph.TaskChange{Kind: kinds[change.Kind], Task: Task(change.Task)}
}
