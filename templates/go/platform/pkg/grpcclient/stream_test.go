package grpcclient_test

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/resilience"
)

// onePlace lets one call at a time through.
func onePlace(cfg *grpcclient.Config, opts *grpcclient.Options) {
	cfg.Bulkhead = resilience.BulkheadConfig{MaxConcurrent: 1}
	opts.Idempotent = nil
}

// requireFree asserts that the place is free again.
func requireFree(t *testing.T, c *client) {
	t.Helper()
	require.Eventually(t, func() bool {
		return c.metric(t, "resilience_bulkhead_in_use", "ledger") == 0 && c.metric(t, "grpc_client_calls_in_flight", "ledger") == 0
	}, waitLimit, tick)
}

func TestAStreamHasItsPlaceUntilItEnds(t *testing.T) {
	errGone := apierror.New(apierror.NotFound, "STREAM_GONE", "it is gone")
	fails := false
	impl := &service{unary: ok, stream: func(stream testgrpc.TestService_FullDuplexCallServer) error {
		if fails {
			return errGone
		}
		return echo(stream)
	}}
	c := dial(t, onePlace, serve(t, impl, nil))
	stream, err := c.FullDuplexCall(t.Context())
	require.NoError(t, err)
	requireReason(t, c.call(t), apierror.Unavailable, resilience.ReasonBulkheadFull)
	require.NoError(t, stream.Send(&testgrpc.StreamingOutputCallRequest{}))
	_, err = stream.Recv()
	require.NoError(t, err)
	header, err := stream.Header()
	require.NoError(t, err)
	require.NotEmpty(t, header["x-request-id"])
	require.NoError(t, stream.CloseSend())
	_, err = stream.Recv()
	require.Equal(t, io.EOF, err, "the end is the end, not an error")
	requireFree(t, c)
	require.InDelta(t, 1, c.metric(t, "grpc_client_calls_handled_total", duplexMethod, "bidi_stream", "OK"), 0)

	fails = true
	stream, err = c.FullDuplexCall(t.Context())
	require.NoError(t, err)
	_, err = stream.Recv()
	require.Equal(t, error(errGone), err)
	requireFree(t, c)
}

func TestAStreamThatIsLeftGivesItsPlaceBack(t *testing.T) {
	c := dial(t, onePlace, serve(t, &service{stream: echo}, nil))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.FullDuplexCall(ctx)
	require.NoError(t, err)
	cancel()
	requireFree(t, c)
	require.InDelta(t, 1, c.metric(t, "grpc_client_calls_handled_total", duplexMethod, "Canceled"), 0)

	_, err = c.FullDuplexCall(ctx)
	require.ErrorIs(t, err, context.Canceled, "there is nothing to open any more")
	requireFree(t, c)
}

func TestAnUploadEndsWithItsAnswer(t *testing.T) {
	c := dial(t, onePlace, serve(t, &service{ingest: func(stream testgrpc.TestService_StreamingInputCallServer) error {
		size := 0
		for {
			req, err := stream.Recv()
			if err == io.EOF { //nolint:errorlint // as documented
				return stream.SendAndClose(&testgrpc.StreamingInputCallResponse{AggregatedPayloadSize: int32(size)})
			}
			if err != nil {
				return err
			}
			size += len(req.GetPayload().GetBody())
		}
	}}, nil))
	stream, err := c.StreamingInputCall(t.Context())
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, stream.Send(&testgrpc.StreamingInputCallRequest{Payload: &testgrpc.Payload{Body: make([]byte, 10)}}))
	}
	res, err := stream.CloseAndRecv()
	require.NoError(t, err)
	require.Equal(t, int32(30), res.GetAggregatedPayloadSize())
	requireFree(t, c)
	require.InDelta(t, 1, c.metric(t, "grpc_client_calls_handled_total", "client_stream", "OK"), 0)
}

func TestAnUploadThatIsRefusedSaysWhy(t *testing.T) {
	errFull := apierror.New(apierror.RateLimited, "DISK_FULL", "no more")
	c := dial(t, onePlace, serve(t, &service{ingest: func(testgrpc.TestService_StreamingInputCallServer) error { return errFull }}, nil))
	stream, err := c.StreamingInputCall(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return stream.Send(&testgrpc.StreamingInputCallRequest{}) == io.EOF //nolint:errorlint // as documented
	}, waitLimit, tick)
	_, err = stream.CloseAndRecv()
	require.Equal(t, error(errFull), err)
	requireFree(t, c)
}

func TestAMessageThatIsTooLargeEndsTheStream(t *testing.T) {
	c := dial(t, func(cfg *grpcclient.Config, opts *grpcclient.Options) {
		onePlace(cfg, opts)
		cfg.MaxSendBytes = 100
	}, serve(t, &service{stream: echo}, nil))
	stream, err := c.FullDuplexCall(t.Context())
	require.NoError(t, err)
	err = stream.Send(&testgrpc.StreamingOutputCallRequest{Payload: &testgrpc.Payload{Body: make([]byte, 200)}})
	requireReason(t, err, apierror.Invalid, "MESSAGE_TOO_LARGE")
	requireFree(t, c)
}

func TestDownloadsAreStreamsOfTheServer(t *testing.T) {
	c := dial(t, onePlace, serve(t, &service{}, nil))
	stream, err := c.StreamingOutputCall(t.Context(), &testgrpc.StreamingOutputCallRequest{})
	require.NoError(t, err)
	_, err = stream.Recv()
	requireReason(t, err, apierror.Internal, "UNIMPLEMENTED")
	require.InDelta(t, 1, c.metric(t, "grpc_client_calls_handled_total", "server_stream", "Unimplemented"), 0)
}
