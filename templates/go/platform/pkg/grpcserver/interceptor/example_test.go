package interceptor_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"goldpath.local/service/pkg/grpcserver/interceptor"
)

func ExampleChain() {
	unary, stream := interceptor.Chain(interceptor.Options{
		Log:      slog.New(slog.DiscardHandler),
		Metrics:  interceptor.NewMetrics(prometheus.NewRegistry()),
		Domain:   "ledger",
		Deadline: interceptor.DeadlineConfig{Default: time.Second, Max: time.Minute},
		Hooks: interceptor.Hooks{
			Authorize: func(_ context.Context, fullMethod string) error {
				fmt.Println("may they call", fullMethod)
				return nil
			},
		},
	})
	server := grpc.NewServer(grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream))
	defer server.Stop()

	ctx := grpc.NewContextWithServerTransportStream(context.Background(), &transport{})
	info := &grpc.UnaryServerInfo{FullMethod: "/ledger.v1.Ledger/Post"}
	answer, err := unary(ctx, "10.00 EUR", info, func(_ context.Context, req any) (any, error) {
		return fmt.Sprint("posted ", req), nil
	})
	fmt.Println(answer, err)
	// Output:
	// may they call /ledger.v1.Ledger/Post
	// posted 10.00 EUR <nil>
}
