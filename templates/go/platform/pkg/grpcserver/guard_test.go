package grpcserver_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/resilience/loadshed"
)

type levelInfo struct{}

func (levelInfo) Level() slog.Level { return slog.LevelInfo }

func subject(name string) slog.Attr { return slog.String("subject", name) }

type callerKey struct{}

// hooks let alice in, allow her the unary call, and count everybody.
func hooks(order *[]string) interceptor.Hooks {
	return interceptor.Hooks{
		Authenticate: func(ctx context.Context, token string) (context.Context, error) {
			*order = append(*order, "authenticate")
			if token != "alice" && token != "bob" {
				return nil, apierror.New(apierror.Unauthenticated, "TOKEN_INVALID", "the token is not valid")
			}
			return context.WithValue(ctx, callerKey{}, token), nil
		},
		Limit: func(ctx context.Context, _ string) (map[string]string, error) {
			*order = append(*order, "limit")
			headers := map[string]string{"RateLimit-Remaining": "7", "broken\n": "\x00"}
			if ctx.Value(callerKey{}) == "bob" {
				return headers, apierror.New(apierror.RateLimited, "RATE_LIMITED", "slow down")
			}
			return headers, nil
		},
		Authorize: func(ctx context.Context, method string) error {
			*order = append(*order, "authorize")
			if ctx.Value(callerKey{}) != "alice" || method != unaryMethod {
				return apierror.New(apierror.PermissionDenied, "DENIED", "you may not do this")
			}
			return nil
		},
	}
}

func TestHooksRunInOrderAndDecide(t *testing.T) {
	all := []string{"authenticate", "limit", "authorize", "handler"}
	tests := map[string]struct {
		authorization []string
		code          codes.Code
		order         []string
	}{
		"alice":            {[]string{"Bearer alice"}, codes.OK, all},
		"any spelling":     {[]string{"bearer alice"}, codes.OK, all},
		"bob is too fast":  {[]string{"Bearer bob"}, codes.ResourceExhausted, all[:2]},
		"a stranger":       {[]string{"Bearer eve"}, codes.Unauthenticated, all[:1]},
		"nobody":           {nil, codes.Unauthenticated, nil},
		"no token":         {[]string{"Bearer "}, codes.Unauthenticated, nil},
		"another scheme":   {[]string{"Basic YWxpY2U6"}, codes.Unauthenticated, nil},
		"two at once":      {[]string{"Bearer eve", "Bearer alice"}, codes.Unauthenticated, nil},
		"the token itself": {[]string{"alice"}, codes.Unauthenticated, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var order []string
			f := start(t, answer(func(context.Context) error { order = append(order, "handler"); return nil }),
				func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Hooks = hooks(&order) })
			ctx := t.Context()
			for _, value := range tc.authorization {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
			}
			_, err := f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
			require.Equal(t, tc.code, status.Code(err))
			require.Equal(t, tc.order, order)
			require.NotContains(t, f.logs.String(), "Bearer")
		})
	}
}

func TestLimitsAreToldWithAnswersAndRefusals(t *testing.T) {
	var order []string
	f := start(t, answer(ok), func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Hooks = hooks(&order) })
	for caller, inHeader := range map[string]bool{"alice": true, "bob": false} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+caller)
		var header, trailer metadata.MD
		_, _ = f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{}, grpc.Header(&header), grpc.Trailer(&trailer))
		where := trailer
		if inHeader {
			where = header
		}
		require.Equal(t, []string{"7"}, where["ratelimit-remaining"], caller)
		require.Len(t, where["x-request-id"], 1, "a pair that cannot be sent does not take others with it")
	}
}

func TestStreamsAreGuardedToo(t *testing.T) {
	var order []string
	f := start(t, service{stream: func(testgrpc.TestService_FullDuplexCallServer) error { return nil }},
		func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Hooks = hooks(&order) })
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer alice")
	stream, err := f.client.FullDuplexCall(ctx)
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, codes.PermissionDenied, status.Code(err))
	require.Equal(t, []string{"authenticate", "limit", "authorize"}, order)
}

func TestPublicMethodsNeedNoToken(t *testing.T) {
	var order []string
	f := start(t, answer(ok), func(cfg *grpcserver.Config, opts *grpcserver.Options) {
		cfg.PublicMethods = append(cfg.PublicMethods, unaryMethod)
		opts.Hooks = hooks(&order)
	})
	require.NoError(t, f.call(t))
	require.Equal(t, []string{"limit"}, order, "public is not unlimited")
	_, err := f.client.EmptyCall(t.Context(), &testgrpc.Empty{})
	require.Equal(t, codes.Unauthenticated, status.Code(err))
	_, err = grpc_health_v1.NewHealthClient(f.conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	require.Equal(t, []string{"limit"}, order, "probes are not even counted")
}

func TestHealthCanNeedAToken(t *testing.T) {
	var order []string
	f := start(t, answer(ok), func(cfg *grpcserver.Config, opts *grpcserver.Options) {
		cfg.PublicMethods = nil
		opts.Hooks = hooks(&order)
	})
	_, err := grpc_health_v1.NewHealthClient(f.conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.Equal(t, codes.Unauthenticated, status.Code(err))
}

// timeLeft is a service that tells how much time its calls have.
func timeLeft(left *time.Duration) service {
	tell := func(ctx context.Context) error {
		*left = 0
		if deadline, ok := ctx.Deadline(); ok {
			*left = time.Until(deadline)
		}
		return nil
	}
	impl := answer(tell)
	impl.stream = func(stream testgrpc.TestService_FullDuplexCallServer) error { return tell(stream.Context()) }
	return impl
}

func TestEveryUnaryCallHasADeadline(t *testing.T) {
	var left time.Duration
	f := start(t, timeLeft(&left), func(cfg *grpcserver.Config, _ *grpcserver.Options) {
		cfg.Deadline = interceptor.DeadlineConfig{Default: time.Minute, Max: time.Hour}
	})
	tests := map[string]struct{ sent, want time.Duration }{
		"none":    {0, time.Minute},
		"its own": {10 * time.Minute, 10 * time.Minute},
		"too far": {24 * time.Hour, time.Hour},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if tc.sent > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, tc.sent)
				defer cancel()
			}
			_, err := f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
			require.NoError(t, err)
			require.LessOrEqual(t, left, tc.want)
			require.Greater(t, left, tc.want-waitLimit)
		})
	}
	stream, err := f.client.FullDuplexCall(t.Context())
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Error(t, err)
	require.Zero(t, left, "streams live as long as they want")
}

func TestADeadlineCanBeRequired(t *testing.T) {
	var left time.Duration
	f := start(t, timeLeft(&left), func(cfg *grpcserver.Config, _ *grpcserver.Options) { cfg.Deadline.Required = true })
	err := f.call(t)
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	_, err = f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	require.NoError(t, err)
	_, err = grpc_health_v1.NewHealthClient(f.conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err, "probes have their own")
}

func TestACallOverItsDeadlineEnds(t *testing.T) {
	impl, _, _ := block()
	f := start(t, impl, func(cfg *grpcserver.Config, _ *grpcserver.Options) { cfg.Deadline.Default = 10 * time.Millisecond })
	require.Equal(t, codes.DeadlineExceeded, status.Code(f.call(t)))
	require.Equal(t, "WARN", f.records(t, "call")[0]["level"])
}

// shedder refuses when told to.
type shedder struct {
	full     bool
	admitted atomic.Int64
	ended    []error
}

var errFull = apierror.New(apierror.Unavailable, "OVERLOADED", "too much to do").WithRetryAfter(time.Second)

func (s *shedder) Admit(context.Context) (func(error), error) {
	if s.full {
		return nil, errFull
	}
	s.admitted.Add(1)
	return func(err error) { s.ended = append(s.ended, err) }, nil
}

func (s *shedder) Check(context.Context) error {
	if s.full {
		return errFull
	}
	return nil
}

func TestOverloadIsRefusedBeforeAnythingElse(t *testing.T) {
	guard, errDefect := &shedder{}, errors.New("defect")
	var order []string
	impl := answer(func(context.Context) error { return errDefect })
	impl.stream = func(testgrpc.TestService_FullDuplexCallServer) error { return nil }
	f := start(t, impl, func(_ *grpcserver.Config, opts *grpcserver.Options) {
		opts.Shedder = guard
		opts.Hooks = hooks(&order)
	})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer alice")
	_, err := f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	require.Equal(t, codes.Internal, status.Code(err))
	require.Equal(t, []error{errDefect}, guard.ended)

	guard.full, order = true, nil
	var trailer metadata.MD
	_, err = f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{}, grpc.Trailer(&trailer))
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.Equal(t, []string{"1000"}, trailer["grpc-retry-pushback-ms"])
	stream, err := f.client.FullDuplexCall(ctx)
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, codes.Unavailable, status.Code(err))
	require.Empty(t, order)
	_, err = grpc_health_v1.NewHealthClient(f.conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err, "probes are answered")
	require.Equal(t, int64(1), guard.admitted.Load())
}

func TestResilienceHasAShedder(t *testing.T) {
	cfg := loadshed.DefaultConfig()
	cfg.InitialLimit, cfg.MinLimit = 1, 1
	impl, entered, release := block()
	f := start(t, impl, func(_ *grpcserver.Config, opts *grpcserver.Options) {
		opts.Shedder = loadshed.New("grpc", cfg, prometheus.NewRegistry())
	})
	called := make(chan error)
	go func() { called <- f.call(t) }()
	<-entered
	require.Equal(t, codes.Unavailable, status.Code(f.call(t)))
	close(release)
	require.NoError(t, <-called)
	require.NoError(t, f.call(t))
}

func TestTheServicesOwnInterceptorsAreInsideOfAllOthers(t *testing.T) {
	var order []string
	f := start(t, service{
		unary: func(context.Context, *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
			return &testgrpc.SimpleResponse{}, nil
		},
		stream: func(testgrpc.TestService_FullDuplexCallServer) error { return nil },
	}, func(_ *grpcserver.Config, opts *grpcserver.Options) {
		opts.Hooks = hooks(&order)
		opts.Hooks.Authorize = nil
		opts.Unary = []grpc.UnaryServerInterceptor{
			func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
				order = append(order, "own unary")
				return handler(ctx, req)
			},
		}
		opts.Stream = []grpc.StreamServerInterceptor{
			func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
				order = append(order, "own stream")
				return handler(srv, ss)
			},
		}
	})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer alice")
	_, err := f.client.UnaryCall(ctx, &testgrpc.SimpleRequest{})
	require.NoError(t, err)
	require.Equal(t, []string{"authenticate", "limit", "own unary"}, order)
	stream, err := f.client.FullDuplexCall(ctx)
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Error(t, err)
	require.Equal(t, "own stream", order[len(order)-1])
}
