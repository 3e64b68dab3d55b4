package grpcclient_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/resilience"
)

func Example() {
	registry := prometheus.NewRegistry()
	conn, err := grpcclient.Dial("orders", grpcclient.DefaultConfig("static:///127.0.0.1:1"), grpcclient.Options{
		Log:        slog.New(slog.DiscardHandler),
		Metrics:    grpcclient.NewMetrics(registry),
		Resilience: resilience.NewMetrics(registry),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = conn.Close() }()

	_, err = testgrpc.NewTestServiceClient(conn).EmptyCall(context.Background(), &testgrpc.Empty{}) // generated
	var failed *apierror.Error
	fmt.Println(errors.As(err, &failed), failed.Kind, failed.Reason)
	// Output: true unavailable UNAVAILABLE
}
