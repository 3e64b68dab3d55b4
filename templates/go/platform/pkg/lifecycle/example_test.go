package lifecycle_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"goldpath.local/service/pkg/lifecycle"
)

// Components start in the order in which they were added and stop in reverse, so
// that the pool outlives those who use it.
func ExampleGroup_Run() {
	group := lifecycle.NewGroup(slog.New(slog.DiscardHandler), lifecycle.Timeouts{
		Start: time.Second,
		Stop:  time.Second,
	})
	ctx, stop := context.WithCancel(context.Background())
	for _, name := range []string{"pool", "server"} {
		group.Add(lifecycle.Component{
			Name:  name,
			Start: func(context.Context) error { fmt.Println("start", name); return nil },
			Stop:  func(context.Context) error { fmt.Println("stop", name); return nil },
		})
	}
	group.Add(lifecycle.Background("work", func(context.Context) error {
		stop()
		return nil
	}, group.Fail))

	fmt.Println("ended:", group.Run(ctx))
	// Output:
	// start pool
	// start server
	// stop server
	// stop pool
	// ended: <nil>
}
