package lock_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/rediscache/lock"
)

// One instance runs the job; the others leave it.
func ExampleLocker_Hold() {
	server, err := miniredis.Run() // stands in for Redis here
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer func() { _ = client.Close() }()
	locker := lock.NewLocker(client)

	err = locker.Hold(context.Background(), "nightly", time.Minute, func(ctx context.Context, fence int64) error {
		fmt.Println("this instance does it, fenced:", fence > 0)
		_, err := locker.TryAcquire(ctx, "nightly", time.Minute)
		fmt.Println("another one leaves it:", errors.Is(err, lock.ErrLocked))
		return nil
	})
	fmt.Println(err)
	// Output:
	// this instance does it, fenced: true
	// another one leaves it: true
	// <nil>
}
