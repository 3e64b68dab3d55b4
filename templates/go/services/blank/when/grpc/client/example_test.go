package client_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	tasksv1 "goldpath.local/service/api/proto/tasks/v1"
	"goldpath.local/service/client"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/resilience"
)

func Example() {
	registry := prometheus.NewRegistry()
	c, err := client.Dial(grpcclient.DefaultConfig("static:///127.0.0.1:1"), grpcclient.Options{
		Log:        slog.New(slog.DiscardHandler),
		Metrics:    grpcclient.NewMetrics(registry),
		Resilience: resilience.NewMetrics(registry),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()

	_, err = c.GetTask(context.Background(), &tasksv1.GetTaskRequest{Id: "01a2049d-0c42-7eab-a424-9e5e270de1fe"})
	fmt.Println(apierror.From(err).Reason) // nobody listens there
	// Output: UNAVAILABLE
}
