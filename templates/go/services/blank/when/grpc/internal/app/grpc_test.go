package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/internal/config"
)

// connect returns a plain connection to the gRPC port, so that nothing is tried
// twice.
func (r *running) connect(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+r.grpc.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// asCaller returns a context whose calls are those of the caller.
func (r *running) asCaller(ctx context.Context) context.Context {
	fields := &http.Request{Header: http.Header{}}
	r.authorize(fields)
	if token := fields.Header.Get("Authorization"); token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", token)
	}
	return ctx
}

// A stop under load loses no call: the service says that it leaves, goes on until
// its callers have noticed, finishes what it has, and ends.
func TestDrainLosesNoCall(t *testing.T) {
	r := start(t, 3*time.Second)
	var (
		wg       sync.WaitGroup
		sent     atomic.Int64
		balanced atomic.Bool
		failed   = make(chan error, 100)
	)
	balanced.Store(true)
	ctx := r.asCaller(t.Context())
	for i := range 8 {
		tasks := tasksv1.NewTaskServiceClient(r.connect(t))
		wg.Go(func() {
			for balanced.Load() {
				_, err := tasks.CreateTask(ctx, &tasksv1.CreateTaskRequest{Title: fmt.Sprint("task of client ", i)})
				if sent.Add(1); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	more := func(than int64) func() bool { return func() bool { return sent.Load() > than } }
	require.Eventually(t, more(200), 20*time.Second, time.Millisecond)
	r.stop()
	require.Eventually(t, func() bool { return !r.ready() }, 5*time.Second, time.Millisecond)
	require.Eventually(t, more(sent.Load()), 5*time.Second, time.Millisecond, "calls are answered while the service drains")
	balanced.Store(false)
	wg.Wait()
	require.NoError(t, <-r.ended)
	require.Empty(t, failed)
}

func TestCallsInFlightAreFinishedWhenThePortCloses(t *testing.T) {
	r := start(t, 0)
	var (
		wg     sync.WaitGroup
		sent   atomic.Int64
		failed = make(chan error, 8)
	)
	ctx := r.asCaller(t.Context())
	for range 8 {
		tasks := tasksv1.NewTaskServiceClient(r.connect(t))
		wg.Go(func() {
			for {
				_, err := tasks.CreateTask(ctx, &tasksv1.CreateTaskRequest{Title: "a"})
				if err != nil {
					failed <- err
					return
				}
				sent.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return sent.Load() > 100 }, 20*time.Second, time.Millisecond)
	r.stop()
	require.NoError(t, <-r.ended)
	wg.Wait()
	close(failed)
	for err := range failed {
		require.Equal(t, codes.Unavailable, status.Code(err), "a call that was begun is answered: %v", err)
	}
}

func TestHealthSaysThatTheServiceLeaves(t *testing.T) {
	r := start(t, time.Second)
	health := grpc_health_v1.NewHealthClient(r.connect(t))
	watch, err := health.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: tasksv1.TaskService_ServiceDesc.ServiceName})
	require.NoError(t, err)
	now, err := watch.Recv()
	require.NoError(t, err, "health is public")
	require.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, now.GetStatus())
	r.stop()
	now, err = watch.Recv()
	require.NoError(t, err)
	require.Equal(t, grpc_health_v1.HealthCheckResponse_NOT_SERVING, now.GetStatus())
	require.NoError(t, <-r.ended)
}

func TestReflectionCanBeTurnedOff(t *testing.T) {
	for setting, want := range map[string]codes.Code{"true": codes.OK, "false": codes.Unimplemented} {
		t.Run(setting, func(t *testing.T) {
			t.Setenv("APP_GRPC_REFLECTION", setting)
			r := start(t, 0)
			stream, err := reflectionv1.NewServerReflectionClient(r.connect(t)).ServerReflectionInfo(t.Context())
			require.NoError(t, err)
			err = stream.Send(&reflectionv1.ServerReflectionRequest{
				MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
			})
			if !errors.Is(err, io.EOF) { // who refuses may be quicker than the request; Recv tells why
				require.NoError(t, err)
			}
			_, err = stream.Recv()
			require.Equal(t, want, status.Code(err))
			_ = stream.CloseSend()
			r.stop()
			require.NoError(t, <-r.ended)
		})
	}
}

func TestCallsAreMeasured(t *testing.T) {
	r := start(t, 0)
	_, err := tasksv1.NewTaskServiceClient(r.connect(t)).ListTasks(r.asCaller(t.Context()), &tasksv1.ListTasksRequest{})
	require.NoError(t, err)
	_, page, err := get(r.admin.Addr(), "/metrics")
	require.NoError(t, err)
	require.Contains(t, page, `grpc_server_calls_handled_total{code="OK",method="/tasks.v1.TaskService/ListTasks",type="unary"} 1`)
	r.stop()
	require.NoError(t, <-r.ended)
}

func TestATLSFileThatIsMissingStopsTheService(t *testing.T) {
	onFreePorts(t)
	t.Setenv("APP_GRPC_TLS_CERT_FILE", "missing.pem")
	t.Setenv("APP_GRPC_TLS_KEY_FILE", "missing.pem")
	configs, err := config.NewStore()
	require.NoError(t, err)
	tel, err := newTelemetry(t.Context(), configs.Get(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.ErrorContains(t, newApp(configs, slog.New(slog.DiscardHandler), tel).wireGRPC(), "missing.pem")
}
