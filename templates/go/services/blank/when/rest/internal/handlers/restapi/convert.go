package restapi

import (
	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
)

// query reads the parameters of a list, which all versions share.
func query(cursor *rest.Cursor, limit *rest.Limit, status *rest.Status) services.TaskQuery {
	return services.TaskQuery{
		Cursor: value(cursor),
		Limit:  int(value(limit)),
		Status: (*domain.Status)(status),
	}
}

func toTask(task domain.Task) rest.Task {
	s := task.Snapshot()
	return rest.Task{
		ID:        s.ID,
		Title:     s.Title,
		Notes:     s.Notes,
		Status:    rest.TaskStatus(s.Status),
		Version:   s.Version,
		CreatedAt: s.CreatedAt,
		UpdatedAt: s.UpdatedAt,
	}
}

func toResponse(task domain.Task) rest.TaskJSONResponse {
	return rest.TaskJSONResponse{
		Body:    toTask(task),
		Headers: rest.TaskResponseHeaders{ETag: etag(task)},
	}
}

func toPage(page services.TaskPage) rest.TaskPage {
	result := rest.TaskPage{Items: make([]rest.Task, 0, len(page.Items))}
	for _, task := range page.Items {
		result.Items = append(result.Items, toTask(task))
	}
	if page.NextCursor != "" {
		result.NextCursor = &page.NextCursor
	}
	return result
}

// value returns what an optional parameter points to, or the zero value.
func value[T any](optional *T) T {
	if optional == nil {
		var zero T
		return zero
	}
	return *optional
}
