package interceptor_test

import (
	"context"
	"log/slog"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"goldpath.local/service/pkg/grpcserver/interceptor"
)

// nowhere is a connection that forgets what it is told.
type nowhere struct{ transport }

func (*nowhere) SetHeader(metadata.MD) error { return nil }

func BenchmarkChain(b *testing.B) {
	f := newFixture()
	f.options.Log = slog.New(slog.DiscardHandler)
	f.options.Hooks = (&guards{}).hooks()
	f.options.PublicMethods = []string{method}
	chain, _ := interceptor.Chain(f.options)
	info := &grpc.UnaryServerInfo{FullMethod: method}
	handler := func(context.Context, any) (any, error) { return nil, nil }
	ctx := grpc.NewContextWithServerTransportStream(b.Context(), &nowhere{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := chain(ctx, nil, info, handler); err != nil {
			b.Fatal(err)
		}
	}
}
