package grpcclient_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"

	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

// BenchmarkCall tells what the client costs: a bare one of gRPC, one as it is by
// default, and one that traces.
func BenchmarkCall(b *testing.B) {
	server := serve(b, answers(ok), nil)
	b.Run("bare", func(b *testing.B) {
		conn, err := grpc.NewClient(server.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
		require.NoError(b, err)
		defer func() { _ = conn.Close() }()
		calls(b, testgrpc.NewTestServiceClient(conn))
	})
	b.Run("default", func(b *testing.B) { calls(b, dial(b, nil, server)) })
	b.Run("traced", func(b *testing.B) {
		tel, _ := telemetrytest.Recording(b)
		calls(b, dial(b, func(_ *grpcclient.Config, opts *grpcclient.Options) { opts.Telemetry = tel }, server))
	})
}

func calls(b *testing.B, client testgrpc.TestServiceClient) {
	req := &testgrpc.SimpleRequest{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.UnaryCall(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}
