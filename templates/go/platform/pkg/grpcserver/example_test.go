package grpcserver_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"

	"goldpath.local/service/pkg/grpcserver"
	"goldpath.local/service/pkg/grpcserver/interceptor"
	"goldpath.local/service/pkg/lifecycle"
)

func Example() {
	log := slog.New(slog.DiscardHandler)
	group := lifecycle.NewGroup(log, lifecycle.Timeouts{})
	cfg := grpcserver.DefaultConfig()
	cfg.Addr = "127.0.0.1:0"

	server, err := grpcserver.New("grpc", cfg, grpcserver.Options{
		Log:     log,
		Fail:    group.Fail,
		Metrics: interceptor.NewMetrics(prometheus.NewRegistry()),
		Domain:  "ledger",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	testgrpc.RegisterTestServiceServer(server, answer(ok)) // generated
	group.Add(server.Component())

	fmt.Println(server.Component().Name, server.Start(context.Background()), server.Stop(context.Background()))
	// Output: grpc <nil> <nil>
}
