package streams_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/graphqlserver/streams"
)

// Subscriptions end when the server does, and say why.
func ExampleMembers() {
	subscriptions := streams.NewMembers(1, 1, prometheus.NewGauge(prometheus.GaugeOpts{Name: "subscriptions", Help: "Open now."}))
	ctx, leave := context.WithCancelCause(context.Background())
	member, err := subscriptions.Join(leave)
	fmt.Println(err)
	_, err = subscriptions.Join(leave)
	fmt.Println(err)

	go func() {
		<-ctx.Done()
		member.Leave()
	}()
	fmt.Println(subscriptions.Dismiss(context.Background(), streams.ErrStopping))
	fmt.Println(context.Cause(ctx))
	// Output:
	// <nil>
	// TOO_MANY_STREAMS: there are too many streams: try again later
	// <nil>
	// the server stops
}
