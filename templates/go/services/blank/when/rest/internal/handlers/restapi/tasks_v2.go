package restapi

import (
	"context"
	"strings"

	"github.com/gin-gonic/gin"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
)

// Versions live side by side on the same use cases. Only what they say differs:
// a new version is a new way to convert.

// V2ListTasks answers GET /api/v2/tasks.
func (a *API) V2ListTasks(ctx context.Context, req rest.V2ListTasksRequestObject) (rest.V2ListTasksResponseObject, error) {
	wanted, err := query(req.Params.Cursor, req.Params.Limit, req.Params.Status)
	if err != nil {
		return nil, err
	}
	page, err := a.tasks.List(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return rest.V2ListTasks200JSONResponse(toPageV2(page)), nil
}

// V2GetTask answers GET /api/v2/tasks/{id}.
func (a *API) V2GetTask(ctx context.Context, req rest.V2GetTaskRequestObject) (rest.V2GetTaskResponseObject, error) {
	task, err := a.tasks.Get(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if isPresent(req.Params.IfNoneMatch, task) {
		return notModified(task), nil
	}
	return rest.V2GetTask200JSONResponse{
		Body:    toTaskV2(task),
		Headers: rest.V2GetTask200ResponseHeaders{ETag: etag(task)},
	}, nil
}

func toTaskV2(task domain.Task) rest.TaskV2 {
	s := task.Snapshot()
	return rest.TaskV2{
		ID:        s.ID,
		Title:     s.Title,
		Notes:     s.Notes,
		Status:    rest.TaskStatus(s.Status),
		CreatedAt: s.CreatedAt,
		UpdatedAt: s.UpdatedAt,
	}
}

func toPageV2(page services.TaskPage) rest.TaskPageV2 {
	result := rest.TaskPageV2{Items: make([]rest.TaskSummary, 0, len(page.Items))}
	for _, task := range page.Items {
		s := task.Snapshot()
		result.Items = append(result.Items, rest.TaskSummary{
			ID:        s.ID,
			Title:     s.Title,
			Status:    rest.TaskStatus(s.Status),
			UpdatedAt: s.UpdatedAt,
		})
	}
	if page.NextCursor != "" {
		result.NextCursor = &page.NextCursor
	}
	return result
}

// successor returns the path that replaces the one of a request in a newer
// version of the API, or "" while there is none.
func successor(c *gin.Context) string {
	switch c.Request.Method + " " + c.FullPath() {
	case "GET /api/v1/tasks", "GET /api/v1/tasks/:id":
		return "/api/v2" + strings.TrimPrefix(c.Request.URL.EscapedPath(), "/api/v1")
	default:
		return ""
	}
}
