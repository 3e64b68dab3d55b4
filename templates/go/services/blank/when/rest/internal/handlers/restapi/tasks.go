package restapi

import (
	"context"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
)

const tasksPath = "/api/v1/tasks/"

// API implements the operations of the OpenAPI document.
type API struct {
	tasks *services.Tasks
}

var _ rest.StrictServerInterface = (*API)(nil)

// NewAPI returns the operations on top of the use cases.
func NewAPI(tasks *services.Tasks) *API {
	return &API{tasks: tasks}
}

// ListTasks answers GET /api/v1/tasks.
func (a *API) ListTasks(ctx context.Context, req rest.ListTasksRequestObject) (rest.ListTasksResponseObject, error) {
	wanted, err := query(req.Params.Cursor, req.Params.Limit, req.Params.Status)
	if err != nil {
		return nil, err
	}
	page, err := a.tasks.List(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return rest.ListTasks200JSONResponse(toPage(page)), nil
}

// CreateTask answers POST /api/v1/tasks.
func (a *API) CreateTask(ctx context.Context, req rest.CreateTaskRequestObject) (rest.CreateTaskResponseObject, error) {
	task, err := a.tasks.Create(ctx, req.Body.Title, value(req.Body.Notes))
	if err != nil {
		return nil, err
	}
	return rest.CreateTask201JSONResponse{
		Body: toTask(task),
		Headers: rest.CreateTask201ResponseHeaders{
			ETag:     etag(task),
			Location: tasksPath + task.ID().String(),
		},
	}, nil
}

// GetTask answers GET /api/v1/tasks/{id}.
func (a *API) GetTask(ctx context.Context, req rest.GetTaskRequestObject) (rest.GetTaskResponseObject, error) {
	task, err := a.tasks.Get(ctx, req.ID)
	if err != nil {
		return nil, err
	}
	if isPresent(req.Params.IfNoneMatch, task) {
		return notModified(task), nil
	}
	return rest.GetTask200JSONResponse{
		Body:    toTask(task),
		Headers: rest.GetTask200ResponseHeaders{ETag: etag(task)},
	}, nil
}

// UpdateTask answers PATCH /api/v1/tasks/{id}.
func (a *API) UpdateTask(ctx context.Context, req rest.UpdateTaskRequestObject) (rest.UpdateTaskResponseObject, error) {
	version, err := parseETag(req.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	task, err := a.tasks.Update(ctx, req.ID, version, domain.Change{
		Title:  req.Body.Title,
		Notes:  req.Body.Notes,
		Status: (*domain.Status)(req.Body.Status),
	})
	if err != nil {
		return nil, err
	}
	return rest.UpdateTask200JSONResponse{TaskJSONResponse: toResponse(task)}, nil
}

// DeleteTask answers DELETE /api/v1/tasks/{id}.
func (a *API) DeleteTask(ctx context.Context, req rest.DeleteTaskRequestObject) (rest.DeleteTaskResponseObject, error) {
	version, err := parseETag(req.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := a.tasks.Delete(ctx, req.ID, version); err != nil {
		return nil, err
	}
	return rest.DeleteTask204Response{}, nil
}
