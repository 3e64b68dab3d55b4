package httpserver_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/lifecycle"
)

// A server is a component: it listens once those before it are up, and finishes
// its requests before they go down.
func ExampleNew() {
	log := slog.New(slog.DiscardHandler)
	group := lifecycle.NewGroup(log, lifecycle.Timeouts{Start: time.Second, Stop: time.Second})
	cfg := httpserver.Config{
		Addr:              "127.0.0.1:0",
		ReadHeaderTimeout: time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
	server := httpserver.New("api", cfg, http.NotFoundHandler(), log, group.Fail)
	group.Add(server.Component())

	ctx, stop := context.WithCancel(context.Background())
	group.Add(lifecycle.Component{Name: "visitor", Start: func(context.Context) error {
		res, err := http.Get("http://" + server.Addr() + "/")
		if err != nil {
			return err
		}
		fmt.Println(res.Status)
		stop()
		return res.Body.Close()
	}})
	fmt.Println(group.Run(ctx))
	http.DefaultClient.CloseIdleConnections()
	// Output:
	// 404 Not Found
	// <nil>
}
