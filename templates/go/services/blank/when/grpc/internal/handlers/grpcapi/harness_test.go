package grpcapi_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc/test/bufconn"

	"goldpath.local/service/client"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/handlers/grpcapi"
	"goldpath.local/service/internal/repositories/memory"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	waitLimit = 10 * time.Second
	tick      = time.Millisecond
	missing   = "01a2049d-0c42-7eab-a424-9e5e270de1fe"
)

// harness is the API on the server that production has, and the client that other
// services have, with memory instead of a network between them.
type harness struct {
	*client.Client
	server *grpcserver.Server
}

// serve starts the API on top of tasks, as configure changes it.
func serve(t testing.TB, tasks services.TaskRepository, configure ...func(*grpcserver.Config)) harness {
	t.Helper()
	cfg := grpcserver.DefaultConfig()
	for _, change := range configure {
		change(&cfg)
	}
	server, err := grpcserver.New("grpc", cfg, grpcserver.Options{
		Log:     slog.New(slog.DiscardHandler),
		Fail:    func(err error) { t.Error(err) },
		Metrics: interceptor.NewMetrics(prometheus.NewRegistry()),
		Domain:  "tasks",
	})
	require.NoError(t, err)
	grpcapi.NewAPI(services.NewTasks(tasks, time.Now)).Register(server)
	listener := bufconn.Listen(1 << 20)
	server.StartOn(t.Context(), listener)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		require.NoError(t, server.Stop(ctx))
	})
	h := harness{Client: dial(t, listener), server: server}
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

func dial(t testing.TB, listener *bufconn.Listener) *client.Client {
	t.Helper()
	registry := prometheus.NewRegistry()
	cfg := grpcclient.DefaultConfig("passthrough:///memory")
	require.NoError(t, cfg.Validate())
	c, err := client.Dial(cfg, grpcclient.Options{
		Log:        slog.New(slog.DiscardHandler),
		Metrics:    grpcclient.NewMetrics(registry),
		Resilience: resilience.NewMetrics(registry),
		Dialer:     func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) },
	})
	require.NoError(t, err)
	return c
}

// refused requires an error of this kind and reason, about these fields.
func refused(t testing.TB, err error, kind apierror.Kind, reason string, fields ...string) {
	t.Helper()
	var got *apierror.Error
	require.ErrorAs(t, err, &got)
	require.Equal(t, kind, got.Kind, got)
	require.Equal(t, reason, got.Reason)
	require.Len(t, got.Fields, len(fields))
	for i, field := range fields {
		require.Equal(t, field, got.Fields[i].Field)
	}
}

// blocking is storage that answers nobody.
type blocking struct {
	*memory.Tasks
	entered chan struct{}
}

func newBlocking() blocking { return blocking{memory.NewTasks(), make(chan struct{}, 1)} }

func (b blocking) Get(ctx context.Context, _ uuid.UUID) (domain.Task, error) {
	b.entered <- struct{}{}
	<-ctx.Done()
	return domain.Task{}, ctx.Err()
}
