package cache_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/rediscache/redistest"
)

func BenchmarkCacheGet(b *testing.B) {
	client := redistest.Client(b)
	src := &source{value: product{Name: "pen", Sold: 3}}
	load := src.load // or every read would make a method value
	remote := config()
	remote.LocalEntries = 0
	for name, cache := range map[string]instance{
		"local": newInstance(b, client, config()),
		"redis": newInstance(b, client, remote),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cache.Get(b.Context(), "7", load); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			var readers atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				key := strconv.FormatInt(readers.Add(1), 10) // readers of one key would share one read
				for pb.Next() {
					if _, err := cache.Get(context.Background(), key, load); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
	require.LessOrEqual(b, src.asked.Load(), int64(64))
}
