package grpcserver_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/grpcserver/interceptor"
)

func TestStopWaitsForCallsInFlight(t *testing.T) {
	impl, entered, release := block()
	f := listen(t, impl, nil)
	called, stopped := make(chan error, 1), make(chan error, 1)
	go func() { called <- f.call(t) }()
	<-entered
	go func() { stopped <- f.server.Component().Stop(t.Context()) }()

	require.Eventually(t, func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.server.Addr())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, waitLimit, tick, "new connections are refused while stopping")
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a call in flight: %v", err)
	default:
	}
	close(release)
	require.NoError(t, <-called)
	require.NoError(t, <-stopped)
}

func TestStopCutsCallsAtTheDeadline(t *testing.T) {
	impl, entered, _ := block()
	f := listen(t, impl, nil)
	called := make(chan error, 1)
	go func() { called <- f.call(t) }()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()

	err := f.server.Stop(ctx)

	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "in flight")
	require.Equal(t, codes.Unavailable, status.Code(<-called))
}

// A server that is told to stop under load answers everything that has reached
// it, and its clients notice nothing: they go to the other one.
func TestStopUnderLoadLosesNothing(t *testing.T) {
	work := answer(func(ctx context.Context) error {
		select {
		case <-time.After(tick):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	leaving, staying := listen(t, work, nil), listen(t, work, nil)
	conn, err := grpc.NewClient("two:///", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithResolvers(twoServers(leaving, staying)),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	client := testgrpc.NewTestServiceClient(conn)

	var (
		wg      sync.WaitGroup
		done    = make(chan struct{})
		answers atomic.Int64
		failed  = make(chan error, 100)
	)
	for range 16 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := client.UnaryCall(t.Context(), &testgrpc.SimpleRequest{}); err != nil {
					failed <- err
					return
				}
				answers.Add(1)
			}
		})
	}
	reached := func(n int64) func() bool { return func() bool { return answers.Load() >= n } }
	require.Eventually(t, reached(200), waitLimit, tick)
	require.NoError(t, leaving.server.Stop(t.Context()))
	require.Eventually(t, reached(answers.Load()+200), waitLimit, tick)
	close(done)
	wg.Wait()
	require.Empty(t, failed)
}

func TestStreamsLearnThatTheServerStops(t *testing.T) {
	entered := make(chan struct{})
	f := listen(t, service{stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
		close(entered)
		<-interceptor.Stopping(stream.Context())
		return status.Error(codes.Unavailable, "go elsewhere")
	}}, nil)
	stream, err := f.client.FullDuplexCall(t.Context())
	require.NoError(t, err)
	<-entered
	require.NoError(t, f.server.Stop(t.Context()), "nobody has to be cut off")
	_, err = stream.Recv()
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.NoError(t, f.server.Stop(t.Context()), "a second time changes nothing")
	require.Nil(t, interceptor.Stopping(t.Context()))
}
