package grpcserver_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/lifecycle"
)

const (
	serving    = grpc_health_v1.HealthCheckResponse_SERVING
	notServing = grpc_health_v1.HealthCheckResponse_NOT_SERVING
)

// patient is a service whose health a test decides.
type patient struct {
	*fixture

	state  atomic.Int32
	broken atomic.Bool
	asked  atomic.Int64
	health grpc_health_v1.HealthClient
}

func newPatient(t *testing.T, interval time.Duration) *patient {
	p := &patient{}
	p.state.Store(int32(lifecycle.Running))
	registry := health.New(discard, func() lifecycle.State { return lifecycle.State(p.state.Load()) }, time.Second)
	registry.Register("database", func(context.Context) error {
		p.asked.Add(1)
		if p.broken.Load() {
			return errors.New("down")
		}
		return nil
	})
	p.fixture = listen(t, answer(ok), func(cfg *grpcserver.Config, opts *grpcserver.Options) {
		cfg.HealthInterval = interval
		opts.Health = registry
	})
	p.health = grpc_health_v1.NewHealthClient(p.conn)
	return p
}

func (p *patient) check(t *testing.T, service string) grpc_health_v1.HealthCheckResponse_ServingStatus {
	t.Helper()
	res, err := p.health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
	require.NoError(t, err)
	return res.GetStatus()
}

func TestHealthFollowsTheService(t *testing.T) {
	p := newPatient(t, time.Nanosecond)
	require.Equal(t, serving, p.check(t, ""))
	require.Equal(t, serving, p.check(t, "grpc.testing.TestService"))
	p.broken.Store(true)
	require.Equal(t, notServing, p.check(t, ""))
	p.broken.Store(false)
	for _, state := range []lifecycle.State{lifecycle.Starting, lifecycle.Draining, lifecycle.Stopping} {
		p.state.Store(int32(state))
		require.Equal(t, notServing, p.check(t, ""), state)
	}
	_, err := p.health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "nobody"})
	require.Equal(t, codes.NotFound, status.Code(err))

	p.state.Store(int32(lifecycle.Running))
	list, err := p.health.List(t.Context(), &grpc_health_v1.HealthListRequest{})
	require.NoError(t, err)
	require.Equal(t, serving, list.GetStatuses()[""].GetStatus())
	require.Equal(t, serving, list.GetStatuses()["grpc.testing.TestService"].GetStatus())
}

func TestDependenciesAreNotAskedForEveryProbe(t *testing.T) {
	p := newPatient(t, time.Hour)
	for range 10 {
		require.Equal(t, serving, p.check(t, ""))
	}
	require.Equal(t, int64(1), p.asked.Load())
	p.state.Store(int32(lifecycle.Draining))
	require.Equal(t, notServing, p.check(t, ""), "draining is seen at once")
}

func TestWatchTellsEveryChangeAndEndsWithTheServer(t *testing.T) {
	p := newPatient(t, tick)
	watch, err := p.health.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	next := func() grpc_health_v1.HealthCheckResponse_ServingStatus {
		res, err := watch.Recv()
		require.NoError(t, err)
		return res.GetStatus()
	}
	require.Equal(t, serving, next())
	p.broken.Store(true)
	require.Equal(t, notServing, next())
	p.broken.Store(false)
	require.Equal(t, serving, next())

	require.NoError(t, p.server.Stop(t.Context()), "who only watches does not hold it up")
	require.Equal(t, notServing, next())
	_, err = watch.Recv()
	require.Equal(t, codes.Unavailable, status.Code(err))
}

func TestWatchEndsAtOnceWhenTheServerStops(t *testing.T) {
	p := newPatient(t, time.Hour)
	watch, err := p.health.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	_, err = watch.Recv()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	require.NoError(t, p.server.Stop(ctx))
}

func TestWatchEndsWithItsClient(t *testing.T) {
	p := newPatient(t, tick)
	ctx, cancel := context.WithCancel(t.Context())
	watch, err := p.health.Watch(ctx, &grpc_health_v1.HealthCheckRequest{Service: "nobody"})
	require.NoError(t, err)
	res, err := watch.Recv()
	require.NoError(t, err)
	require.Equal(t, grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN, res.GetStatus())
	cancel()
	require.Eventually(t, func() bool { return len(p.records(t, "call")) == 1 }, waitLimit, tick)
	require.Equal(t, "Canceled", p.records(t, "call")[0]["code"])
}

func TestWithoutARegistryTheServerIsHealthy(t *testing.T) {
	f := start(t, answer(ok), nil)
	res, err := grpc_health_v1.NewHealthClient(f.conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, serving, res.GetStatus())
}
