package grpcclient_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/retry"
)

func TestOnlyWhatIsIdempotentAndUnavailableIsRetried(t *testing.T) {
	limited := apierror.New(apierror.RateLimited, "RATE_LIMITED", "slow down")
	tests := map[string]struct {
		idempotent []string
		err        error
		calls      int
	}{
		"by name":            {[]string{unaryMethod}, errDown, 3},
		"by service":         {[]string{allMethods}, errDown, 3},
		"another method":     {[]string{duplexMethod}, errDown, 1},
		"nothing idempotent": {nil, errDown, 1},
		"not found":          {[]string{unaryMethod}, apierror.New(apierror.NotFound, "NO", "no"), 1},
		"limited":            {[]string{unaryMethod}, limited, 1},
		"a defect":           {[]string{unaryMethod}, apierror.New(apierror.Internal, "INTERNAL", "internal error"), 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			impl := failing(100, tc.err)
			c := dial(t, func(_ *grpcclient.Config, opts *grpcclient.Options) { opts.Idempotent = tc.idempotent }, serve(t, impl, nil))
			require.ErrorIs(t, c.call(t), tc.err)
			require.Equal(t, tc.calls, impl.count())
		})
	}
}

func TestRetriesEndWithSuccessOrCanBeOff(t *testing.T) {
	impl := failing(2, errDown)
	c := dial(t, nil, serve(t, impl, nil))
	require.NoError(t, c.call(t))
	require.Equal(t, 3, impl.count())

	impl = failing(2, errDown)
	c = dial(t, func(cfg *grpcclient.Config, _ *grpcclient.Options) { cfg.Retry.MaxAttempts = 1 }, serve(t, impl, nil))
	require.ErrorIs(t, c.call(t), errDown)
	require.Equal(t, 1, impl.count())
}

func TestTheServerSaysWhenToRetry(t *testing.T) {
	impl := failing(1, errDown.WithRetryAfter(150*time.Millisecond))
	c := dial(t, nil, serve(t, impl, nil))
	begin := time.Now()
	require.NoError(t, c.call(t))
	require.GreaterOrEqual(t, time.Since(begin), 150*time.Millisecond)

	later := failing(1, errDown.WithRetryAfter(time.Hour))
	c = dial(t, nil, serve(t, later, nil))
	begin = time.Now()
	require.ErrorIs(t, c.call(t), errDown, "nobody waits for a time when the caller will be gone")
	require.Less(t, time.Since(begin), waitLimit)
	require.Equal(t, 1, later.count())
}

func TestStreamsAreRetriedUntilSomethingIsReceived(t *testing.T) {
	var calls atomic.Int64
	c := dial(t, nil, serve(t, &service{stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
		if calls.Add(1) <= 2 {
			return errDown
		}
		return echo(stream)
	}}, nil))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := c.FullDuplexCall(ctx)
	require.NoError(t, err)
	require.NoError(t, stream.Send(&testgrpc.StreamingOutputCallRequest{Payload: &testgrpc.Payload{Body: []byte("a")}}))
	res, err := stream.Recv()
	require.NoError(t, err)
	require.Equal(t, "a", string(res.GetPayload().GetBody()))
	require.Equal(t, int64(3), calls.Load())
}

func TestRetriesEndWhenTheBudgetIsSpent(t *testing.T) {
	impl := failing(1000, errDown)
	c := dial(t, func(cfg *grpcclient.Config, _ *grpcclient.Options) {
		cfg.Retry.Budget = retry.BudgetConfig{Ratio: 0.1, Burst: 10}
		cfg.Breaker.FailureRatio = 0
	}, serve(t, impl, nil))
	const calls = 50
	for range calls {
		require.ErrorIs(t, c.call(t), errDown)
	}
	require.LessOrEqual(t, impl.count(), calls+10, "an outage is not made worse")
	require.Greater(t, impl.count(), calls)
}

func TestABreakerRefusesCallsOfAServiceThatIsDown(t *testing.T) {
	impl := failing(1000, errDown)
	impl.stream = func(testgrpc.TestService_FullDuplexCallServer) error { return errDown }
	c := dial(t, func(cfg *grpcclient.Config, opts *grpcclient.Options) {
		cfg.Breaker.MinCalls = 4
		opts.Idempotent = nil
	}, serve(t, impl, nil))
	for range 2 {
		require.ErrorIs(t, c.call(t), errDown)
		stream, err := c.FullDuplexCall(t.Context())
		require.NoError(t, err)
		_, err = stream.Recv()
		require.ErrorIs(t, err, errDown)
	}
	requireReason(t, c.call(t), apierror.Unavailable, resilience.ReasonCircuitOpen)
	_, err := c.FullDuplexCall(t.Context())
	requireReason(t, err, apierror.Unavailable, resilience.ReasonCircuitOpen)
	require.Equal(t, 4, impl.count())
	require.InDelta(t, 1, c.metric(t, "resilience_breaker_state", "ledger", "open"), 0)
	require.InDelta(t, 2, c.metric(t, "grpc_client_calls_handled_total", unaryMethod, "Unavailable")-1, 0)
}

// The breaker of another service is not ours: its error is one like any other.
func TestABreakerElsewhereIsNoRefusalHere(t *testing.T) {
	elsewhere := apierror.New(apierror.Unavailable, resilience.ReasonCircuitOpen, "down")
	impl := failing(1, elsewhere)
	c := dial(t, nil, serve(t, impl, nil))
	require.NoError(t, c.call(t))
	require.Equal(t, 2, impl.count())
}

func TestCallsAreBalancedOverAllInstances(t *testing.T) {
	a, b := answers(ok), answers(ok)
	c := dial(t, nil, serve(t, a, nil), serve(t, b, nil))
	c.callUntil(t, func() bool { return a.count() > 10 && b.count() > 10 })
	before, other := a.count(), b.count()
	for range 20 {
		require.NoError(t, c.call(t))
	}
	require.Equal(t, before+10, a.count())
	require.Equal(t, other+10, b.count())
}

// An instance that drains gets no new calls, long before it stops listening.
func TestADrainingInstanceIsLeft(t *testing.T) {
	var state atomic.Int32
	state.Store(int32(lifecycle.Running))
	registry := health.New(discard, func() lifecycle.State { return lifecycle.State(state.Load()) }, time.Second)
	a, b := answers(ok), answers(ok)
	c := dial(t, nil,
		serve(t, a, func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Health = registry }),
		serve(t, b, nil))
	c.callUntil(t, func() bool { return a.count() > 0 && b.count() > 0 })
	state.Store(int32(lifecycle.Draining))
	before, other := a.count(), b.count()
	c.callUntil(t, func() bool {
		if a.count() > before { // not yet: begin again
			before, other = a.count(), b.count()
		}
		return b.count() >= other+4
	})
}

// A rolling restart under load loses no call, idempotent or not.
func TestARestartUnderLoadLosesNothing(t *testing.T) {
	work := func(ctx context.Context, _ int) error {
		select {
		case <-time.After(tick):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	leaving, staying := serve(t, answers(work), nil), serve(t, answers(work), nil)
	c := dial(t, func(_ *grpcclient.Config, opts *grpcclient.Options) { opts.Idempotent = nil }, leaving, staying)
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
				if err := c.call(t); err != nil {
					failed <- err
					return
				}
				answers.Add(1)
			}
		})
	}
	reached := func(n int64) func() bool { return func() bool { return answers.Load() >= n } }
	require.Eventually(t, reached(200), waitLimit, tick)
	require.NoError(t, leaving.Stop(t.Context()))
	require.Eventually(t, reached(answers.Load()+200), waitLimit, tick)
	close(done)
	wg.Wait()
	require.Empty(t, failed)
}

func TestIdempotencyIsDeclaredInTheProto(t *testing.T) {
	level := func(l descriptorpb.MethodOptions_IdempotencyLevel) *descriptorpb.MethodOptions {
		return &descriptorpb.MethodOptions{IdempotencyLevel: l.Enum()}
	}
	method := func(name string, options *descriptorpb.MethodOptions) *descriptorpb.MethodDescriptorProto {
		return &descriptorpb.MethodDescriptorProto{
			Name: proto.String(name), InputType: proto.String(".t.M"), OutputType: proto.String(".t.M"), Options: options,
		}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("t.proto"), Package: proto.String("t"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M")}},
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("Tasks"), Method: []*descriptorpb.MethodDescriptorProto{
			method("Get", level(descriptorpb.MethodOptions_NO_SIDE_EFFECTS)),
			method("Put", level(descriptorpb.MethodOptions_IDEMPOTENT)),
			method("Create", level(descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN)),
			method("Delete", nil),
		}}},
	}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"/t.Tasks/Get", "/t.Tasks/Put"}, grpcclient.DeclaredIdempotent(file.Services().ByName("Tasks")))
}
