package grpcclient_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// How long, and how often, a test looks for what happens elsewhere.
const (
	waitLimit = 5 * time.Second
	tick      = time.Millisecond
)

const (
	unaryMethod  = "/grpc.testing.TestService/UnaryCall"
	duplexMethod = "/grpc.testing.TestService/FullDuplexCall"
	allMethods   = "/grpc.testing.TestService/*"
)

var (
	discard = slog.New(slog.DiscardHandler)
	errDown = apierror.New(apierror.Unavailable, "DOWN", "down for a moment")
)

// service answers as a test wants it to, and counts.
type service struct {
	testgrpc.UnimplementedTestServiceServer

	mu     sync.Mutex
	calls  int
	unary  func(ctx context.Context, call int) error
	stream func(testgrpc.TestService_FullDuplexCallServer) error
	ingest func(testgrpc.TestService_StreamingInputCallServer) error
	size   int
}

func (s *service) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return s.calls
}

func (s *service) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *service) UnaryCall(ctx context.Context, _ *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	if err := s.unary(ctx, s.next()); err != nil {
		return nil, err
	}
	return &testgrpc.SimpleResponse{Payload: &testgrpc.Payload{Body: make([]byte, s.size)}}, nil
}

func (s *service) FullDuplexCall(stream testgrpc.TestService_FullDuplexCallServer) error {
	s.next()
	return s.stream(stream)
}

func (s *service) StreamingInputCall(stream testgrpc.TestService_StreamingInputCallServer) error {
	s.next()
	return s.ingest(stream)
}

// answers returns a service whose unary calls do what fn does.
func answers(fn func(ctx context.Context, call int) error) *service { return &service{unary: fn} }

func ok(context.Context, int) error { return nil }

// failing returns a service that is down for the first n calls.
func failing(n int, err error) *service {
	return answers(func(_ context.Context, call int) error {
		if call <= n {
			return err
		}
		return nil
	})
}

// serve runs a service on the loopback until the end of the test.
func serve(t testing.TB, impl testgrpc.TestServiceServer, change func(*grpcserver.Config, *grpcserver.Options)) *grpcserver.Server {
	t.Helper()
	cfg := grpcserver.DefaultConfig()
	cfg.Addr = "127.0.0.1:0"
	cfg.HealthInterval = tick
	opts := grpcserver.Options{
		Log:     discard,
		Fail:    func(err error) { t.Error(err) },
		Metrics: interceptor.NewMetrics(prometheus.NewRegistry()),
		Domain:  "ledger",
	}
	if change != nil {
		change(&cfg, &opts)
	}
	server, err := grpcserver.New("grpc", cfg, opts)
	require.NoError(t, err)
	testgrpc.RegisterTestServiceServer(server, impl)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		require.NoError(t, server.Stop(ctx))
	})
	return server
}

// client is a connection and what it measures.
type client struct {
	testgrpc.TestServiceClient

	registry *prometheus.Registry
}

// dial connects to servers until the end of the test.
func dial(t testing.TB, change func(*grpcclient.Config, *grpcclient.Options), servers ...*grpcserver.Server) *client {
	t.Helper()
	var addrs []string
	for _, server := range servers {
		addrs = append(addrs, server.Addr())
	}
	cfg, opts, registry := options("static:///" + strings.Join(addrs, ","))
	if change != nil {
		change(&cfg, &opts)
	}
	require.NoError(t, cfg.Validate())
	conn, err := grpcclient.Dial("ledger", cfg, opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &client{TestServiceClient: testgrpc.NewTestServiceClient(conn), registry: registry}
}

func options(target string) (grpcclient.Config, grpcclient.Options, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	cfg := grpcclient.DefaultConfig(target)
	cfg.Retry.InitialBackoff, cfg.Retry.MaxBackoff = tick, tick
	cfg.Deadline.Default = 2 * waitLimit // machines that test are busy
	return cfg, grpcclient.Options{
		Log:        discard,
		Metrics:    grpcclient.NewMetrics(registry),
		Resilience: resilience.NewMetrics(registry),
		Idempotent: []string{allMethods},
	}, registry
}

func (c *client) call(t testing.TB) error {
	t.Helper()
	_, err := c.UnaryCall(t.Context(), &testgrpc.SimpleRequest{})
	return err
}

// callUntil makes calls, which must all succeed, until done.
func (c *client) callUntil(t *testing.T, done func() bool) {
	t.Helper()
	for begin := time.Now(); !done(); {
		require.NoError(t, c.call(t))
		require.Less(t, time.Since(begin), waitLimit)
	}
}

// metric returns the sum of the time series that have all these label values.
func (c *client) metric(t *testing.T, name string, values ...string) float64 {
	t.Helper()
	families, err := c.registry.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, series := range family.GetMetric() {
			labels := map[string]bool{}
			for _, label := range series.GetLabel() {
				labels[label.GetValue()] = true
			}
			matches := true
			for _, value := range values {
				matches = matches && labels[value]
			}
			if matches {
				sum += series.GetCounter().GetValue() + series.GetGauge().GetValue() + float64(series.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

func requireReason(t testing.TB, err error, kind apierror.Kind, reason string) {
	t.Helper()
	var typed *apierror.Error
	require.ErrorAs(t, err, &typed)
	require.Equal(t, reason, typed.Reason)
	require.Equal(t, kind, typed.Kind)
}

// echo sends back what it receives.
func echo(stream testgrpc.TestService_FullDuplexCallServer) error {
	for {
		req, err := stream.Recv()
		if err == io.EOF { //nolint:errorlint // as documented
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&testgrpc.StreamingOutputCallResponse{Payload: req.GetPayload()}); err != nil {
			return err
		}
	}
}
