package broadcast_test

import (
	"context"
	"fmt"

	"goldpath.local/service/pkg/broadcast"
)

func Example() {
	hub := broadcast.New[string](16, 100)
	hub.Publish("nobody hears this")
	stream, err := hub.Subscribe()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()

	hub.Publish("shipped")
	event, err := stream.Next(context.Background())
	fmt.Println(event, err)

	hub.Close()
	_, err = stream.Next(context.Background())
	fmt.Println(err)
	// Output:
	// shipped <nil>
	// EOF
}
