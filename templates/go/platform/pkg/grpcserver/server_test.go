package grpcserver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// How long, and how often, a test looks for what happens elsewhere.
const (
	waitLimit = 5 * time.Second
	tick      = time.Millisecond
)

var discard = slog.New(slog.DiscardHandler)

// service answers as a test wants it to.
type service struct {
	testgrpc.UnimplementedTestServiceServer

	unary  func(context.Context, *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error)
	stream func(testgrpc.TestService_FullDuplexCallServer) error
}

func (s service) UnaryCall(ctx context.Context, req *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	return s.unary(ctx, req)
}

func (s service) FullDuplexCall(stream testgrpc.TestService_FullDuplexCallServer) error {
	return s.stream(stream)
}

// answer returns a service whose unary call does what fn does.
func answer(fn func(ctx context.Context) error) service {
	return service{unary: func(ctx context.Context, _ *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
		return &testgrpc.SimpleResponse{}, fn(ctx)
	}}
}

func ok(context.Context) error { return nil }

// fixture is a server that runs in the test, and a connection to it.
type fixture struct {
	server   *grpcserver.Server
	registry *prometheus.Registry
	logs     *lockedBuffer
	conn     *grpc.ClientConn
	client   testgrpc.TestServiceClient
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// start runs a server in memory; change may change what it is made of. It is
// stopped at the end, and must then stop cleanly.
func start(t testing.TB, impl testgrpc.TestServiceServer, change func(*grpcserver.Config, *grpcserver.Options)) *fixture {
	t.Helper()
	f := build(t, impl, change)
	listener := bufconn.Listen(1 << 20)
	f.server.StartOn(t.Context(), listener)
	f.connect(t, "passthrough:///memory", grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return listener.DialContext(ctx)
	}))
	return f
}

// listen is start on a port of the loopback.
func listen(t testing.TB, impl testgrpc.TestServiceServer, change func(*grpcserver.Config, *grpcserver.Options)) *fixture {
	t.Helper()
	f := build(t, impl, change)
	require.NoError(t, f.server.Component().Start(t.Context()))
	f.connect(t, f.server.Addr())
	return f
}

func build(t testing.TB, impl testgrpc.TestServiceServer, change func(*grpcserver.Config, *grpcserver.Options)) *fixture {
	t.Helper()
	f := &fixture{registry: prometheus.NewRegistry(), logs: &lockedBuffer{}}
	cfg := grpcserver.DefaultConfig()
	cfg.Addr = "127.0.0.1:0"
	cfg.HealthInterval = tick
	opts := grpcserver.Options{
		Log:     slog.New(slog.NewJSONHandler(f.logs, nil)),
		Fail:    func(err error) { t.Error(err) },
		Metrics: interceptor.NewMetrics(f.registry),
		Domain:  "ledger",
	}
	if change != nil {
		change(&cfg, &opts)
	}
	require.NoError(t, cfg.Validate())
	server, err := grpcserver.New("grpc", cfg, opts)
	require.NoError(t, err)
	testgrpc.RegisterTestServiceServer(server, impl)
	f.server = server
	return f
}

func (f *fixture) connect(t testing.TB, target string, opts ...grpc.DialOption) {
	t.Helper()
	opts = append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, opts...)
	conn, err := grpc.NewClient(target, opts...)
	require.NoError(t, err)
	f.conn, f.client = conn, testgrpc.NewTestServiceClient(conn)
	t.Cleanup(func() {
		_ = conn.Close()
		f.stop(t)
	})
}

// stop is for the end of a test, when its own context has ended.
func (f *fixture) stop(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	require.NoError(t, f.server.Stop(ctx))
}

func (f *fixture) call(t testing.TB, opts ...grpc.CallOption) error {
	t.Helper()
	_, err := f.client.UnaryCall(t.Context(), &testgrpc.SimpleRequest{}, opts...)
	return err
}

// block returns an unary call that waits for release.
func block() (impl service, entered, release chan struct{}) {
	entered, release = make(chan struct{}, 1), make(chan struct{})
	return answer(func(ctx context.Context) error {
		entered <- struct{}{}
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}), entered, release
}

func TestStreamsCarryMessagesBothWays(t *testing.T) {
	f := start(t, service{stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
		for {
			req, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := stream.Send(&testgrpc.StreamingOutputCallResponse{Payload: req.GetPayload()}); err != nil {
				return err
			}
		}
	}}, nil)
	stream, err := f.client.FullDuplexCall(t.Context())
	require.NoError(t, err)
	for _, text := range []string{"a", "b"} {
		require.NoError(t, stream.Send(&testgrpc.StreamingOutputCallRequest{Payload: &testgrpc.Payload{Body: []byte(text)}}))
		res, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, text, string(res.GetPayload().GetBody()))
	}
	require.NoError(t, stream.CloseSend())
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF)
}

// A client that does not read stops the handler, not the server, and only as long
// as its deadline.
func TestASlowClientHoldsOnlyItsOwnStream(t *testing.T) {
	ended, sent := make(chan error, 1), atomic.Int64{}
	impl := answer(ok)
	impl.stream = func(stream testgrpc.TestService_FullDuplexCallServer) error {
		for {
			if err := stream.Send(&testgrpc.StreamingOutputCallResponse{Payload: &testgrpc.Payload{Body: make([]byte, 64<<10)}}); err != nil {
				ended <- err
				return err
			}
			sent.Add(1)
		}
	}
	f := listen(t, impl, nil)
	require.NoError(t, f.call(t))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := f.client.FullDuplexCall(ctx)
	require.NoError(t, err)
	for range 20 {
		require.NoError(t, f.call(t), "others are served")
	}
	require.Error(t, <-ended)
	require.Less(t, sent.Load(), int64(100), "what the server holds for a client is bounded")
}

func TestMessagesAreBounded(t *testing.T) {
	impl := service{unary: func(_ context.Context, req *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
		return &testgrpc.SimpleResponse{Payload: &testgrpc.Payload{Body: make([]byte, req.GetResponseSize())}}, nil
	}}
	f := start(t, impl, func(cfg *grpcserver.Config, _ *grpcserver.Options) { cfg.MaxRecvBytes, cfg.MaxSendBytes = 1000, 2000 })
	send := func(size, want int) error {
		_, err := f.client.UnaryCall(t.Context(), &testgrpc.SimpleRequest{
			ResponseSize: int32(want), Payload: &testgrpc.Payload{Body: make([]byte, size)},
		})
		return err
	}
	require.NoError(t, send(900, 1900))
	require.Equal(t, codes.ResourceExhausted, status.Code(send(1001, 0)))
	require.Equal(t, codes.ResourceExhausted, status.Code(send(0, 2001)))
	require.NoError(t, send(900, 1900), "the connection survives")
}

func TestStartRefusesAnAddressInUse(t *testing.T) {
	first := listen(t, answer(ok), nil)
	second := build(t, answer(ok), func(cfg *grpcserver.Config, _ *grpcserver.Options) { cfg.Addr = first.server.Addr() })
	require.ErrorContains(t, second.server.Start(t.Context()), "listen")
}

func TestABrokenListenerFailsTheService(t *testing.T) {
	failed := make(chan error, 1)
	f := build(t, answer(ok), func(_ *grpcserver.Config, opts *grpcserver.Options) {
		opts.Fail = func(err error) { failed <- err }
	})
	listener := bufconn.Listen(1)
	f.server.StartOn(t.Context(), listener)
	require.NoError(t, listener.Close())
	require.ErrorContains(t, <-failed, "serve grpc")
	require.NoError(t, f.server.Stop(t.Context()))
}

func TestReflectionIsThereWhenItIsOn(t *testing.T) {
	for _, on := range []bool{false, true} {
		f := start(t, answer(ok), func(cfg *grpcserver.Config, _ *grpcserver.Options) { cfg.Reflection = on })
		stream, err := grpc_reflection_v1.NewServerReflectionClient(f.conn).ServerReflectionInfo(t.Context())
		require.NoError(t, err)
		require.NoError(t, stream.CloseSend())
		_, err = stream.Recv()
		if on {
			require.ErrorIs(t, err, io.EOF)
		} else {
			require.Equal(t, codes.Unimplemented, status.Code(err))
		}
	}
}

func TestMethodsAreThoseThatAreServed(t *testing.T) {
	f := start(t, answer(ok), nil)
	require.Contains(t, f.server.Methods(), "/grpc.testing.TestService/UnaryCall")
	require.IsIncreasing(t, f.server.Methods())
}

func TestTheServerIsAComponent(t *testing.T) {
	f := build(t, answer(ok), nil)
	group := lifecycle.NewGroup(discard, lifecycle.Timeouts{Start: waitLimit, Stop: waitLimit})
	group.Add(f.server.Component())
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- group.Run(ctx) }()
	require.Eventually(t, func() bool { return group.State() == lifecycle.Running }, waitLimit, tick)

	conn, err := grpc.NewClient(f.server.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	cancel()
	require.NoError(t, <-stopped)
}
