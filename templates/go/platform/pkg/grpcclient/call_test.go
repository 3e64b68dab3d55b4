package grpcclient_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/requestid"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/telemetry"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func TestErrorsArriveAsTheyWere(t *testing.T) {
	sent := apierror.New(apierror.Invalid, "TASK_INVALID", "the task is invalid").
		WithFields(apierror.Field{Field: "title", Message: "is too long"}).WithRetryAfter(time.Second)
	c := dial(t, nil, serve(t, answers(func(context.Context, int) error { return sent }), nil))
	require.Equal(t, error(sent), c.call(t))
}

func TestStrangersAreNotQuoted(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	cfg, opts, _ := options("passthrough:///" + address)
	conn, err := grpcclient.Dial("ledger", cfg, opts)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()

	_, err = testgrpc.NewTestServiceClient(conn).UnaryCall(t.Context(), &testgrpc.SimpleRequest{})
	requireReason(t, err, apierror.Unavailable, "UNAVAILABLE")
	require.NotContains(t, apierror.From(err).Message, address)
	require.ErrorContains(t, err, address, "the log may know")
}

func TestEveryUnaryCallHasADeadline(t *testing.T) {
	var left time.Duration
	c := dial(t, func(cfg *grpcclient.Config, _ *grpcclient.Options) {
		cfg.Deadline = grpcclient.DeadlineConfig{Default: 4 * time.Second, Max: 20 * time.Second, Reserve: time.Second}
	}, serve(t, answers(func(ctx context.Context, _ int) error {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return nil
	}), nil))
	tests := map[string]struct{ callers, want time.Duration }{
		"none":    {0, 4 * time.Second},
		"its own": {10 * time.Second, 9 * time.Second},
		"too far": {time.Hour, 20 * time.Second},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if tc.callers > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tc.callers)
				defer cancel()
			}
			_, err := c.UnaryCall(ctx, &testgrpc.SimpleRequest{})
			require.NoError(t, err)
			require.LessOrEqual(t, left, tc.want)
			require.Greater(t, left, tc.want-2*time.Second)
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := c.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	requireReason(t, err, apierror.Timeout, resilience.ReasonNoTimeLeft)
}

func TestASlowServiceIsGivenUp(t *testing.T) {
	gone := make(chan struct{}, 1)
	c := dial(t, func(cfg *grpcclient.Config, _ *grpcclient.Options) {
		cfg.Deadline.Default = 20 * time.Millisecond
		cfg.Breaker.FailureRatio = 0
	}, serve(t, answers(func(ctx context.Context, _ int) error {
		<-ctx.Done()
		select {
		case gone <- struct{}{}:
		default:
		}
		return ctx.Err()
	}), nil))
	// Who notices first, client or server, is open; a call may even end on its way.
	for len(gone) == 0 {
		require.Equal(t, apierror.Timeout, apierror.From(c.call(t)).Kind)
	}
}

// A deadline goes through a service to those that it calls, and each keeps a
// little for itself.
func TestDeadlinesTravelOn(t *testing.T) {
	var front, back time.Duration
	note := func(ctx context.Context, where *time.Duration) {
		deadline, _ := ctx.Deadline()
		*where = time.Until(deadline)
	}
	reserve := func(cfg *grpcclient.Config, _ *grpcclient.Options) { cfg.Deadline.Reserve = 500 * time.Millisecond }
	inner := dial(t, reserve, serve(t, answers(func(ctx context.Context, _ int) error {
		note(ctx, &back)
		return nil
	}), nil))
	outer := dial(t, reserve, serve(t, answers(func(ctx context.Context, _ int) error {
		note(ctx, &front)
		_, err := inner.UnaryCall(ctx, &testgrpc.SimpleRequest{})
		return err
	}), nil))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := outer.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	require.NoError(t, err)
	require.LessOrEqual(t, front, 9500*time.Millisecond)
	require.LessOrEqual(t, back, front-500*time.Millisecond)
}

func TestMessagesAreBounded(t *testing.T) {
	impl := answers(ok)
	impl.size = 2000
	limits := func(recv, send int) func(*grpcclient.Config, *grpcclient.Options) {
		return func(cfg *grpcclient.Config, _ *grpcclient.Options) { cfg.MaxRecvBytes, cfg.MaxSendBytes = recv, send }
	}
	server := serve(t, impl, func(cfg *grpcserver.Config, _ *grpcserver.Options) { cfg.MaxRecvBytes = 1000 })
	large := &testgrpc.SimpleRequest{Payload: &testgrpc.Payload{Body: make([]byte, 1500)}}

	c := dial(t, limits(4000, 4000), server)
	require.NoError(t, c.call(t))
	_, err := c.UnaryCall(t.Context(), large)
	requireReason(t, err, apierror.Invalid, "MESSAGE_TOO_LARGE")
	_, err = dial(t, limits(4000, 1200), server).UnaryCall(t.Context(), large)
	requireReason(t, err, apierror.Invalid, "MESSAGE_TOO_LARGE")
	requireReason(t, dial(t, limits(1000, 4000), server).call(t), apierror.Invalid, "MESSAGE_TOO_LARGE")
	require.Equal(t, 2, impl.count(), "what is too large is not sent again")
}

func TestTheIDOfTheRequestTravelsOn(t *testing.T) {
	var received string
	c := dial(t, nil, serve(t, &service{
		unary: func(ctx context.Context, _ int) error { received = requestid.From(ctx); return nil },
		stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
			received = requestid.From(stream.Context())
			return nil
		},
	}, nil))
	ctx := requestid.With(t.Context(), "order-7")
	_, err := c.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	require.NoError(t, err)
	require.Equal(t, "order-7", received)

	_, err = c.UnaryCall(metadata.AppendToOutgoingContext(ctx, "x-request-id", "chosen"), &testgrpc.SimpleRequest{})
	require.NoError(t, err)
	require.Equal(t, "chosen", received)

	stream, err := c.FullDuplexCall(ctx)
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Error(t, err)
	require.Equal(t, "order-7", received)
	require.NoError(t, c.call(t))
	require.NotEmpty(t, received)
}

func TestCallsAreMeasured(t *testing.T) {
	c := dial(t, nil, serve(t, failing(1, errDown), nil))
	require.NoError(t, c.call(t))
	require.InDelta(t, 1, c.metric(t, "grpc_client_calls_started_total", "ledger", unaryMethod, "unary"), 0)
	require.InDelta(t, 1, c.metric(t, "grpc_client_calls_handled_total", "ledger", unaryMethod, "OK"), 0)
	require.InDelta(t, 1, c.metric(t, "grpc_client_call_duration_seconds", "ledger", unaryMethod, "OK"), 0)
	require.InDelta(t, 2, c.metric(t, "grpc_client_attempts_started_total"), 0, "and nothing for watching health")
	require.InDelta(t, 0, c.metric(t, "grpc_client_calls_in_flight", "ledger"), 0)
	problems, err := testutil.GatherAndLint(c.registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestEveryAttemptIsASpanOfTheCaller(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	var received string
	server := serve(t, answers(func(ctx context.Context, call int) error {
		received = telemetry.TraceID(ctx)
		if call == 1 {
			return errDown
		}
		return nil
	}), func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Telemetry = tel })
	c := dial(t, func(_ *grpcclient.Config, opts *grpcclient.Options) { opts.Telemetry = tel }, server)

	ctx, root := tel.TracerProvider().Tracer("test").Start(t.Context(), "caller")
	_, err := c.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	root.End()
	require.NoError(t, err)
	require.Equal(t, root.SpanContext().TraceID().String(), received)
	require.Eventually(t, func() bool { return len(recorder.Ended()) == 5 }, waitLimit, tick, "caller, two attempts on both sides")
	for _, span := range recorder.Ended() {
		require.Equal(t, root.SpanContext().TraceID(), span.SpanContext().TraceID(), span.Name())
	}
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text")
	metrics.Handler(c.registry).ServeHTTP(rec, req)
	require.Contains(t, rec.Body.String(), `trace_id="`+received+`"`)
}

func TestEveryKindOfTargetIsReached(t *testing.T) {
	server := serve(t, answers(ok), nil)
	for _, scheme := range []string{"dns", "static", "passthrough"} {
		c := dial(t, func(cfg *grpcclient.Config, _ *grpcclient.Options) { cfg.Target = scheme + ":///" + server.Addr() })
		require.NoError(t, c.call(t), scheme)
	}
}

func TestConnectionsCanBeMadeInMemory(t *testing.T) {
	server := serve(t, answers(ok), nil)
	dialed := make(chan string, 1)
	c := dial(t, func(cfg *grpcclient.Config, opts *grpcclient.Options) {
		cfg.Target = "passthrough:///memory"
		opts.Dialer = func(ctx context.Context, address string) (net.Conn, error) {
			dialed <- address
			return new(net.Dialer).DialContext(ctx, "tcp", server.Addr())
		}
	})
	require.NoError(t, c.call(t))
	require.Equal(t, "memory", <-dialed)
}

// Connections are renewed under load without a call being lost.
func TestOldConnectionsAreReplacedUnnoticed(t *testing.T) {
	server := serve(t, answers(ok), func(cfg *grpcserver.Config, _ *grpcserver.Options) {
		cfg.Keepalive.MaxConnectionAge, cfg.Keepalive.MaxConnectionAgeGrace = 20*time.Millisecond, time.Second
	})
	c := dial(t, func(_ *grpcclient.Config, opts *grpcclient.Options) { opts.Idempotent = nil }, server)
	for begin := time.Now(); time.Since(begin) < 200*time.Millisecond; {
		require.NoError(t, c.call(t))
	}
}

func TestCallOptionsAreKept(t *testing.T) {
	c := dial(t, nil, serve(t, answers(ok), nil))
	var header metadata.MD
	_, err := c.UnaryCall(t.Context(), &testgrpc.SimpleRequest{}, grpc.Header(&header))
	require.NoError(t, err)
	require.NotEmpty(t, header["x-request-id"])
}
