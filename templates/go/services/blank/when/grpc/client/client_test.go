package client_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/client"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stub answers what the test says, call by call; the last answer stays.
type stub struct {
	tasksv1.UnimplementedTaskServiceServer

	mu      sync.Mutex
	calls   int
	cursors []string
	errs    []error
}

// next returns the number of the call and its error.
func (s *stub) next() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return s.calls, s.errs[min(s.calls, len(s.errs))-1]
}

func (s *stub) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *stub) GetTask(context.Context, *tasksv1.GetTaskRequest) (*tasksv1.GetTaskResponse, error) {
	_, err := s.next()
	return &tasksv1.GetTaskResponse{}, err
}

func (s *stub) CreateTask(context.Context, *tasksv1.CreateTaskRequest) (*tasksv1.CreateTaskResponse, error) {
	_, err := s.next()
	return &tasksv1.CreateTaskResponse{}, err
}

// StreamTasks sends one task, unless it is told to fail at once, and then its
// error.
func (s *stub) StreamTasks(req *tasksv1.StreamTasksRequest, stream grpc.ServerStreamingServer[tasksv1.StreamTasksResponse]) error {
	call, err := s.next()
	s.cursors = append(s.cursors, req.GetCursor())
	if status.Code(err) == codes.DataLoss {
		return status.Error(codes.Unavailable, "at once")
	}
	title := fmt.Sprint("task ", call)
	if err := stream.Send(&tasksv1.StreamTasksResponse{Task: &tasksv1.Task{Title: title}, Cursor: title}); err != nil {
		return err
	}
	return err
}

var (
	errGone   = status.Error(codes.Unavailable, "gone")
	errAtOnce = status.Error(codes.DataLoss, "nothing is sent")
)

// dial returns a client of s, whose calls fail with errs, one after the other.
func dial(t testing.TB, s *stub, errs ...error) *client.Client {
	t.Helper()
	s.errs = errs
	server := grpc.NewServer()
	tasksv1.RegisterTaskServiceServer(server, s)
	listener := bufconn.Listen(1 << 16)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	registry := prometheus.NewRegistry()
	cfg := grpcclient.DefaultConfig("passthrough:///memory")
	cfg.HealthCheck = false
	cfg.Retry.InitialBackoff = time.Millisecond
	c, err := client.Dial(cfg, grpcclient.Options{
		Log:        slog.New(slog.DiscardHandler),
		Metrics:    grpcclient.NewMetrics(registry),
		Resilience: resilience.NewMetrics(registry),
		Dialer:     func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) },
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, c.Close())
		server.Stop()
		require.NoError(t, <-served)
	})
	return c
}

func TestOnlyWhatIsIdempotentIsRetried(t *testing.T) {
	s := &stub{}
	c := dial(t, s, errGone, nil)
	_, err := c.GetTask(t.Context(), &tasksv1.GetTaskRequest{})
	require.NoError(t, err)
	require.Equal(t, 2, s.count())

	s = &stub{}
	c = dial(t, s, errGone, nil)
	_, err = c.CreateTask(t.Context(), &tasksv1.CreateTaskRequest{})
	require.Equal(t, apierror.Unavailable, apierror.From(err).Kind)
	require.Equal(t, 1, s.count(), "a task must not be made twice")
}

func titles(t testing.TB, c *client.Client) (all []string, failed error) {
	t.Helper()
	for task, err := range c.AllTasks(t.Context(), tasksv1.TaskStatus_TASK_STATUS_UNSPECIFIED) {
		if err != nil {
			return all, err
		}
		all = append(all, task.GetTitle())
	}
	return all, nil
}

func TestStreamsGoOnWhereAnInstanceLeft(t *testing.T) {
	s := &stub{}
	all, err := titles(t, dial(t, s, errGone, errGone, nil))
	require.NoError(t, err)
	require.Equal(t, []string{"task 1", "task 2", "task 3"}, all)
	require.Equal(t, []string{"", "task 1", "task 2"}, s.cursors)
}

func TestStreamsThatGetNowhereFail(t *testing.T) {
	tests := map[string]struct {
		errs []error
		kind apierror.Kind
		want []string
	}{
		"nobody is there":    {[]error{errAtOnce}, apierror.Unavailable, nil},
		"nobody comes back":  {[]error{errGone, errAtOnce}, apierror.Unavailable, []string{"task 1"}},
		"a defect":           {[]error{status.Error(codes.Internal, "defect")}, apierror.Internal, []string{"task 1"}},
		"nothing is allowed": {[]error{status.Error(codes.PermissionDenied, "no")}, apierror.PermissionDenied, []string{"task 1"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			all, err := titles(t, dial(t, &stub{}, tc.errs...))
			require.Equal(t, tc.kind, apierror.From(err).Kind)
			require.Equal(t, tc.want, all)
		})
	}
}

func TestReadersMayStop(t *testing.T) {
	s := &stub{}
	for task, err := range dial(t, s, errGone).AllTasks(t.Context(), tasksv1.TaskStatus_TASK_STATUS_UNSPECIFIED) {
		require.NoError(t, err)
		if task.GetTitle() == "task 2" {
			break
		}
	}
	require.Equal(t, 2, s.count())
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	cfg := grpcclient.DefaultConfig("passthrough:///memory")
	cfg.TLS = grpcclient.TLSConfig{Enabled: true, CAFile: "missing.pem"}
	_, err := client.Dial(cfg, grpcclient.Options{})
	require.ErrorContains(t, err, "missing.pem")
}
