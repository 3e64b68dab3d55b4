package grpchealth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/grpcserver/grpchealth"
	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	serving    = grpc_health_v1.HealthCheckResponse_SERVING
	notServing = grpc_health_v1.HealthCheckResponse_NOT_SERVING
	unknown    = grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN
	interval   = time.Second
)

// patient is a service whose health a test decides.
type patient struct {
	*grpchealth.Service

	state    lifecycle.State
	broken   atomic.Bool
	asked    atomic.Int64
	stopping chan struct{}
}

func newPatient() *patient {
	p := &patient{state: lifecycle.Running, stopping: make(chan struct{})}
	log := slog.New(slog.DiscardHandler)
	registry := health.New(log, func() lifecycle.State { return p.state }, time.Second)
	registry.Register("database", func(context.Context) error {
		p.asked.Add(1)
		if p.broken.Load() {
			return errors.New("down")
		}
		return nil
	})
	p.Service = grpchealth.New(registry, interval, p.stopping, services)
	return p
}

func services() map[string]grpc.ServiceInfo {
	return map[string]grpc.ServiceInfo{"ledger.v1.Ledger": {}}
}

func (p *patient) check(t testing.TB, service string) grpc_health_v1.HealthCheckResponse_ServingStatus {
	t.Helper()
	res, err := p.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
	require.NoError(t, err)
	return res.GetStatus()
}

// watcher is a client that watches.
type watcher struct {
	grpc.ServerStream

	ctx  context.Context
	told []grpc_health_v1.HealthCheckResponse_ServingStatus
	gone error
}

func (w *watcher) Context() context.Context { return w.ctx }

func (w *watcher) Send(res *grpc_health_v1.HealthCheckResponse) error {
	if w.gone == nil {
		w.told = append(w.told, res.GetStatus())
	}
	return w.gone
}

// watch watches a service until the test cancels, and returns how it ended.
func (p *patient) watch(w *watcher, service string) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- p.Watch(&grpc_health_v1.HealthCheckRequest{Service: service}, w) }()
	return ended
}

func TestChecksAreAskedOncePerInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient()
		for range 10 {
			require.Equal(t, serving, p.check(t, ""))
		}
		require.Equal(t, int64(1), p.asked.Load())
		p.broken.Store(true)
		require.Equal(t, serving, p.check(t, "ledger.v1.Ledger"))
		time.Sleep(interval)
		require.Equal(t, notServing, p.check(t, "ledger.v1.Ledger"))
	})
}

func TestTheStateOfTheServiceIsSeenAtOnce(t *testing.T) {
	p := newPatient()
	require.Equal(t, serving, p.check(t, ""))
	for _, state := range []lifecycle.State{lifecycle.Starting, lifecycle.Draining, lifecycle.Stopping} {
		p.state = state
		require.Equal(t, notServing, p.check(t, ""), state)
	}
	p.state = lifecycle.Running
	require.Equal(t, serving, p.check(t, ""))
	close(p.stopping)
	require.Equal(t, notServing, p.check(t, ""))
}

func TestWhoAsksMayGoAwayWithoutSpoilingTheAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := newPatient()
	res, err := p.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, serving, res.GetStatus())
}

func TestServicesThatAreNotThereAreNotFound(t *testing.T) {
	p := newPatient()
	_, err := p.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "nobody"})
	require.Equal(t, codes.NotFound, status.Code(err))
	list, err := p.List(t.Context(), &grpc_health_v1.HealthListRequest{})
	require.NoError(t, err)
	require.Len(t, list.GetStatuses(), 2)
	require.Equal(t, serving, list.GetStatuses()["ledger.v1.Ledger"].GetStatus())
}

func TestWatchersAreToldEveryChangeAndTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient()
		w := &watcher{ctx: t.Context()}
		ended := p.watch(w, "")
		for _, broken := range []bool{false, true, true, false} {
			p.broken.Store(broken)
			time.Sleep(2 * interval)
		}
		close(p.stopping)
		require.Equal(t, codes.Unavailable, status.Code(<-ended))
		require.Equal(t, []grpc_health_v1.HealthCheckResponse_ServingStatus{serving, notServing, serving, notServing}, w.told)
	})
}

func TestWatchingEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient()
		ctx, cancel := context.WithCancel(t.Context())
		w := &watcher{ctx: ctx}
		ended := p.watch(w, "nobody")
		time.Sleep(3 * interval)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Equal(t, []grpc_health_v1.HealthCheckResponse_ServingStatus{unknown}, w.told)

		lost := errors.New("connection lost")
		require.ErrorIs(t, <-p.watch(&watcher{ctx: t.Context(), gone: lost}, ""), lost)
	})
}

func ExampleService() {
	stopping := make(chan struct{})
	service := grpchealth.New(nil, time.Second, stopping, services)
	server := grpc.NewServer()
	defer server.Stop()
	grpc_health_v1.RegisterHealthServer(server, service)

	ask := func() {
		res, err := service.Check(context.Background(), &grpc_health_v1.HealthCheckRequest{Service: "ledger.v1.Ledger"})
		fmt.Println(res.GetStatus(), err)
	}
	ask()
	close(stopping)
	ask()
	// Output:
	// SERVING <nil>
	// NOT_SERVING <nil>
}
