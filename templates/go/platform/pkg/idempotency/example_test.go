package idempotency_test

import (
	"context"
	"fmt"
	"time"

	"goldpath.local/service/pkg/idempotency"
)

func Example() {
	store, err := idempotency.NewMemory(1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := idempotency.NewGuard(store, idempotency.Config{
		Lease: time.Minute, Retention: 24 * time.Hour, MaxBodyBytes: 64 << 10, StoreTimeout: time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	orders := 0
	// handle is what a middleware does with a request of the client "ada".
	handle := func(header, body string) {
		ctx := context.Background()
		key, err := idempotency.ParseKey(header)
		if err != nil {
			fmt.Println(err)
			return
		}
		attempt, err := guard.Begin(ctx, "ada", key,
			idempotency.Fingerprint([]byte("POST"), []byte("/orders"), []byte(body)))
		if err != nil {
			fmt.Println(err)
			return
		}
		switch attempt.Outcome {
		case idempotency.Replay:
			fmt.Println("again:", attempt.Response.Status, string(attempt.Response.Body))
		case idempotency.New:
			orders++
			response := idempotency.Response{Status: 201, Body: fmt.Appendf(nil, "order %d", orders)}
			fmt.Println("new:", response.Status, string(response.Body))
			if err := guard.Finish(ctx, attempt, response, nil); err != nil {
				fmt.Println(err)
			}
		default:
			fmt.Println("refused:", attempt.Err())
		}
	}
	handle(`"k-1"`, "a pen")
	handle(`"k-1"`, "a pen")
	handle(`"k-1"`, "two pens")
	// Output:
	// new: 201 order 1
	// again: 201 order 1
	// refused: IDEMPOTENCY_KEY_REUSED: this idempotency key was used for a different request
}
