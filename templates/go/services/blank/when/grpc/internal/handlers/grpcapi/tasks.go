// Package grpcapi is the gRPC API: it turns calls into calls of use cases and
// their results into messages, as the contract in api/proto says.
package grpcapi

import (
	"context"

	"google.golang.org/grpc"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcserver/interceptor"
)

var (
	// ErrInvalidID is an id that no task can have.
	ErrInvalidID = apierror.New(apierror.Invalid, "INVALID_ID", "there cannot be such an id").
			WithFields(apierror.Field{Field: "id", Message: "must be a UUID"})
	// ErrStopping ends a stream whose server leaves: another one goes on with it.
	ErrStopping = apierror.New(apierror.Unavailable, "STOPPING", "the server stops: go on elsewhere")
)

// API implements the services of the contract. A method that it lacks does not
// compile.
type API struct {
	tasksv1.UnsafeTaskServiceServer

	tasks *services.Tasks
}

var _ tasksv1.TaskServiceServer = (*API)(nil)

// NewAPI returns the services on top of the use cases.
func NewAPI(tasks *services.Tasks) *API {
	return &API{tasks: tasks}
}

// Register puts the services onto a server.
func (a *API) Register(server grpc.ServiceRegistrar) {
	tasksv1.RegisterTaskServiceServer(server, a)
}

// GetTask returns one task.
func (a *API) GetTask(ctx context.Context, req *tasksv1.GetTaskRequest) (*tasksv1.GetTaskResponse, error) {
	id, err := parseID(req.GetId())
	if err != nil {
		return nil, err
	}
	task, err := a.tasks.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &tasksv1.GetTaskResponse{Task: toTask(task)}, nil
}

// ListTasks returns one page of tasks.
func (a *API) ListTasks(ctx context.Context, req *tasksv1.ListTasksRequest) (*tasksv1.ListTasksResponse, error) {
	page, err := a.tasks.List(ctx, services.TaskQuery{
		Cursor: req.GetPageToken(),
		Limit:  int(req.GetPageSize()),
		Status: fromStatus(req.GetStatus()),
	})
	if err != nil {
		return nil, err
	}
	res := &tasksv1.ListTasksResponse{Tasks: make([]*tasksv1.Task, 0, len(page.Items)), NextPageToken: page.NextCursor}
	for _, task := range page.Items {
		res.Tasks = append(res.Tasks, toTask(task))
	}
	return res, nil
}

// StreamTasks sends tasks, page by page, so that neither side holds all of them.
func (a *API) StreamTasks(
	req *tasksv1.StreamTasksRequest, stream grpc.ServerStreamingServer[tasksv1.StreamTasksResponse],
) error {
	ctx := stream.Context()
	query := services.TaskQuery{Cursor: req.GetCursor(), Limit: services.MaxPageSize, Status: fromStatus(req.GetStatus())}
	for {
		page, err := a.tasks.List(ctx, query)
		if err != nil {
			return err
		}
		for _, task := range page.Items {
			if err := send(stream, task); err != nil {
				return err
			}
		}
		if query.Cursor = page.NextCursor; query.Cursor == "" {
			return nil
		}
		select {
		case <-interceptor.Stopping(ctx):
			return ErrStopping
		default:
		}
	}
}

func send(stream grpc.ServerStreamingServer[tasksv1.StreamTasksResponse], task domain.Task) error {
	cursor, err := services.TaskCursor(task)
	if err != nil {
		return err
	}
	return stream.Send(&tasksv1.StreamTasksResponse{Task: toTask(task), Cursor: cursor})
}

// CreateTask makes a task.
func (a *API) CreateTask(ctx context.Context, req *tasksv1.CreateTaskRequest) (*tasksv1.CreateTaskResponse, error) {
	task, err := a.tasks.Create(ctx, req.GetTitle(), req.GetNotes())
	if err != nil {
		return nil, err
	}
	return &tasksv1.CreateTaskResponse{Task: toTask(task)}, nil
}

// UpdateTask changes a task that is still at the version of the request.
func (a *API) UpdateTask(ctx context.Context, req *tasksv1.UpdateTaskRequest) (*tasksv1.UpdateTaskResponse, error) {
	id, err := parseID(req.GetId())
	if err != nil {
		return nil, err
	}
	task, err := a.tasks.Update(ctx, id, req.GetVersion(), domain.Change{
		Title:  req.Title,
		Notes:  req.Notes,
		Status: fromStatus(req.GetStatus()),
	})
	if err != nil {
		return nil, err
	}
	return &tasksv1.UpdateTaskResponse{Task: toTask(task)}, nil
}

// DeleteTask removes a task that is still at the version of the request.
func (a *API) DeleteTask(ctx context.Context, req *tasksv1.DeleteTaskRequest) (*tasksv1.DeleteTaskResponse, error) {
	id, err := parseID(req.GetId())
	if err != nil {
		return nil, err
	}
	if err := a.tasks.Delete(ctx, id, req.GetVersion()); err != nil {
		return nil, err
	}
	return &tasksv1.DeleteTaskResponse{}, nil
}
