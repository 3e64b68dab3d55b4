package grpcserver_test

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

// BenchmarkCall tells what the chain costs: a bare server of gRPC, one with the
// chain, and one with hooks and tracing too.
func BenchmarkCall(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		server := grpc.NewServer()
		testgrpc.RegisterTestServiceServer(server, answer(ok))
		listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
		require.NoError(b, err)
		go func() { _ = server.Serve(listener) }()
		defer server.Stop()
		conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(b, err)
		defer func() { _ = conn.Close() }()
		calls(b, testgrpc.NewTestServiceClient(conn))
	})
	b.Run("chain", func(b *testing.B) {
		f := listen(b, answer(ok), func(_ *grpcserver.Config, opts *grpcserver.Options) { opts.Log = discard })
		calls(b, f.client)
	})
	b.Run("everything", func(b *testing.B) {
		tel, _ := telemetrytest.Recording(b)
		f := listen(b, answer(ok), func(_ *grpcserver.Config, opts *grpcserver.Options) {
			opts.Log, opts.Telemetry, opts.Shedder = discard, tel, nil
			opts.Hooks = interceptor.Hooks{
				Authenticate: func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil },
				Limit:        func(context.Context, string) (map[string]string, error) { return nil, nil },
				Authorize:    func(context.Context, string) error { return nil },
			}
		})
		calls(b, f.client)
	})
}

func calls(b *testing.B, client testgrpc.TestServiceClient) {
	ctx := metadata.AppendToOutgoingContext(b.Context(), "authorization", "Bearer t")
	req := &testgrpc.SimpleRequest{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.UnaryCall(ctx, req); err != nil {
			b.Fatal(err)
		}
	}
}
