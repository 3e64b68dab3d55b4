package cache_test

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"

	secret "goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/cache"
)

func Example() {
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

	prices, err := cache.New[int](client, "price", 1, cache.Config{
		LocalEntries: 1000, LocalTTL: time.Second, TTL: 10 * time.Minute, NegativeTTL: 10 * time.Second,
		MaxValueBytes: 1 << 10, LoadTimeout: 2 * time.Second, RedisTimeout: 100 * time.Millisecond,
	}, cache.NewMetrics(prometheus.NewRegistry()))
	if err != nil {
		fmt.Println(err)
		return
	}
	price := 100
	load := func(_ context.Context, key string) (int, error) {
		fmt.Println("read", key)
		return price, nil
	}
	ctx := context.Background()
	fmt.Println(prices.Get(ctx, "pen", load))
	fmt.Println(prices.Get(ctx, "pen", load))
	price = 120
	fmt.Println(prices.Invalidate(ctx, "pen"))
	fmt.Println(prices.Get(ctx, "pen", load))
	// Output:
	// read pen
	// 100 <nil>
	// 100 <nil>
	// <nil>
	// read pen
	// 120 <nil>
}
