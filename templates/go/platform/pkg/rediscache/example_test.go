package rediscache_test

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"

	secret "goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/rediscache"
)

func ExampleOpen() {
	server, err := miniredis.Run() // stands in for Redis here
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := rediscache.Open(rediscache.Config{
		URL: secret.Secret("redis://" + server.Addr()), PoolSize: 8, PoolTimeout: time.Second,
		DialTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: time.Second,
	}, rediscache.WithClientName("catalog"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()

	ctx := context.Background()
	fmt.Println(rediscache.ReachableCheck(client)(ctx)) // for the readiness probe
	fmt.Println(client.Incr(ctx, "visits").Val())
	// Output:
	// <nil>
	// 1
}
