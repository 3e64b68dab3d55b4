// Package client calls this service from other services: over a connection that
// balances, bounds, traces and measures calls, retries those that may be made
// twice, and gives up for a while on a service that is down (pkg/grpcclient).
// Errors are those of pkg/apierror, as the service has made them.
package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"google.golang.org/grpc"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
)

// Name is what the service is called in metrics and logs of its callers.
const Name = "[[= cookiecutter.name ]]"

// Client makes calls. It is safe for concurrent use; one per process is enough.
type Client struct {
	// TaskServiceClient has the methods of the contract.
	tasksv1.TaskServiceClient

	conn *grpc.ClientConn
}

// Dial returns a client that connects when it is first used. cfg must be valid.
// opts.Idempotent is set here, from the contract.
func Dial(cfg grpcclient.Config, opts grpcclient.Options) (*Client, error) {
	opts.Idempotent = grpcclient.DeclaredIdempotent(tasksv1.File_tasks_v1_tasks_proto.Services().ByName("TaskService"))
	conn, err := grpcclient.Dial(Name, cfg, opts)
	if err != nil {
		return nil, err
	}
	return &Client{TaskServiceClient: tasksv1.NewTaskServiceClient(conn), conn: conn}, nil
}

// Close ends the connections; calls in flight fail.
func (c *Client) Close() error { return c.conn.Close() }

// AllTasks yields every task with this status (TASK_STATUS_UNSPECIFIED: with
// any), in the order of creation. When an instance leaves in the middle, another
// one goes on behind the last task, as long as tasks come. The error, if there is
// one, comes last.
func (c *Client) AllTasks(ctx context.Context, status tasksv1.TaskStatus) iter.Seq2[*tasksv1.Task, error] {
	return func(yield func(*tasksv1.Task, error) bool) {
		ctx, cancel := context.WithCancel(ctx) // ends the stream of those who stop reading
		defer cancel()
		req := &tasksv1.StreamTasksRequest{Status: status}
		for {
			before := req.GetCursor()
			goOn, err := c.read(ctx, req, yield)
			if !goOn || err == nil {
				return
			}
			if apierror.From(err).Kind != apierror.Unavailable || req.GetCursor() == before {
				yield(nil, err)
				return
			}
		}
	}
}

// read yields what one stream has, moves the cursor of req along, and reports
// whether the reader wants more.
func (c *Client) read(
	ctx context.Context, req *tasksv1.StreamTasksRequest, yield func(*tasksv1.Task, error) bool,
) (more bool, err error) {
	stream, err := c.StreamTasks(ctx, req)
	if err != nil {
		return true, fmt.Errorf("stream tasks: %w", err)
	}
	for {
		res, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return true, fmt.Errorf("stream tasks: %w", err)
		}
		req.Cursor = res.GetCursor()
		if !yield(res.GetTask(), nil) {
			return false, nil
		}
	}
}
