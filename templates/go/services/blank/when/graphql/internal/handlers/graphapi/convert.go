package graphapi

import (
	graph "goldpath.local/service/api/graphql"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
)

func toTask(task domain.Task) *graph.Task {
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

func fromStatus(status *graph.TaskStatus) *domain.Status {
	switch {
	case status == nil:
		return nil
	case *status == graph.TaskStatusDone:
		return new(domain.StatusDone)
	default:
		return new(domain.StatusOpen)
	}
}

func toConnection(page services.TaskPage) (*graph.TaskConnection, error) {
	connection := &graph.TaskConnection{
		Edges:    make([]*graph.TaskEdge, 0, len(page.Items)),
		PageInfo: &graph.PageInfo{HasNextPage: page.NextCursor != ""},
	}
	for _, task := range page.Items {
		cursor, err := services.TaskCursor(task)
		if err != nil {
			return nil, err
		}
		connection.Edges = append(connection.Edges, &graph.TaskEdge{Cursor: cursor, Node: toTask(task)})
	}
	if edges := connection.Edges; len(edges) > 0 {
		connection.PageInfo.StartCursor = &edges[0].Cursor
		connection.PageInfo.EndCursor = &edges[len(edges)-1].Cursor
	}
	return connection, nil
}

func toChange(change services.TaskChange) *graph.TaskChange {
	kinds := map[services.ChangeKind]graph.TaskChangeKind{
		services.TaskCreated: graph.TaskChangeKindCreated,
		services.TaskUpdated: graph.TaskChangeKindUpdated,
		services.TaskDeleted: graph.TaskChangeKindDeleted,
	}
	return &graph.TaskChange{Kind: kinds[change.Kind], Task: toTask(change.Task)}
}
