package interceptor_test

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/requestid"
)

func TestACallIsOneRecord(t *testing.T) {
	tests := map[codes.Code]struct {
		err   error
		level string
	}{
		codes.OK:          {nil, "INFO"},
		codes.NotFound:    {apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "no"), "INFO"},
		codes.Unavailable: {apierror.New(apierror.Unavailable, "DOWN", "down"), "WARN"},
		codes.Internal:    {apierror.New(apierror.Internal, "INTERNAL", "defect"), "ERROR"},
	}
	for code, tc := range tests {
		t.Run(code.String(), func(t *testing.T) {
			f := newFixture()
			ctx := peer.NewContext(t.Context(), &peer.Peer{Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7}})
			_, err := f.unary(ctx, method, func(context.Context) error { return tc.err })
			require.Equal(t, code, status.Code(err))
			record := map[string]any{}
			require.NoError(t, json.Unmarshal(f.logs.Bytes(), &record))
			require.Equal(t, tc.level, record["level"])
			require.Equal(t, code.String(), record["code"])
			require.Equal(t, method, record["method"])
			require.Equal(t, "192.0.2.1:7", record["peer"])
			measured := strings.Join([]string{
				"# HELP grpc_server_calls_handled_total Calls that have ended, by method, type and code.",
				"# TYPE grpc_server_calls_handled_total counter",
				`grpc_server_calls_handled_total{code="` + code.String() + `",method="` + method + `",type="unary"} 1`, "",
			}, "\n")
			require.NoError(t, testutil.GatherAndCompare(f.registry, strings.NewReader(measured), "grpc_server_calls_handled_total"))
		})
	}
}

func TestOnlyProbesThatFailAreWorthARecord(t *testing.T) {
	f := newFixture()
	_, err := f.unary(t.Context(), probe, done)
	require.NoError(t, err)
	require.Empty(t, f.logs.String())
	_, err = f.unary(t.Context(), probe, func(context.Context) error { return status.Error(codes.NotFound, "unknown service") })
	require.Error(t, err)
	require.Contains(t, f.logs.String(), probe)
	require.True(t, interceptor.IsProbe(probe))
	require.False(t, interceptor.IsProbe(method))
	require.False(t, interceptor.IsProbe(""))
}

func TestTheIDOfARequestIsAnsweredAndKnownWithin(t *testing.T) {
	f := newFixture()
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs(requestid.Header, "mine-1"))
	known := ""
	sent, err := f.unary(ctx, method, func(ctx context.Context) error {
		known = requestid.From(ctx)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, "mine-1", known)
	require.Equal(t, []string{"mine-1"}, sent.header.Get(requestid.Header))
}

func TestFailuresSayInTheTrailerWhenToComeBack(t *testing.T) {
	busy := apierror.New(apierror.Unavailable, "BUSY", "busy").WithRetryAfter(2 * time.Second)
	tests := map[string]struct {
		left time.Duration
		want string
	}{
		"in time":  {time.Minute, "2000"},
		"too late": {time.Second, "-1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tc.left)
			defer cancel()
			sent, err := newFixture().unary(ctx, method, func(context.Context) error { return busy })
			require.ErrorIs(t, err, busy)
			require.Equal(t, []string{tc.want}, sent.trailer["grpc-retry-pushback-ms"])
			require.Empty(t, sent.header, "a client that has a header may not retry")
		})
	}
}

func TestAStreamSendsItsHeaderWithTheFirstMessage(t *testing.T) {
	sends := map[string]func(grpc.ServerStream) error{
		"message": func(stream grpc.ServerStream) error { return stream.SendMsg(nil) },
		"header":  func(stream grpc.ServerStream) error { return stream.SendHeader(metadata.Pairs("mine", "1")) },
		"nothing": func(grpc.ServerStream) error { return nil },
	}
	for name, send := range sends {
		t.Run(name, func(t *testing.T) {
			stream, err := newFixture().stream(t.Context(), method, send)
			require.NoError(t, err)
			require.Len(t, stream.transport.header.Get(requestid.Header), 1)
			if name == "message" {
				require.Len(t, stream.first.Get(requestid.Header), 1)
			}
		})
	}
}

// One pair that gRPC cannot carry would take the whole answer with it.
func TestOnlyMetadataThatGRPCCarriesIsSent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		headers := rapid.MapOf(rapid.String(), rapid.String()).Draw(rt, "headers")
		f := newFixture()
		f.options.Hooks.Limit = func(context.Context, string) (map[string]string, error) { return headers, nil }
		sent, err := f.unary(t.Context(), method, done)
		require.NoError(rt, err)
		require.Len(rt, sent.header.Get(requestid.Header), 1)
		for key, values := range sent.header {
			require.Regexp(rt, `^[0-9a-z_.-]+$`, key)
			require.False(rt, strings.HasSuffix(key, "-bin"), key)
			for _, value := range values {
				require.Regexp(rt, `^[ -~]*$`, value)
			}
		}
	})
}
