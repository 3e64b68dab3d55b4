package tokencache_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/auth/tokencache"
	"goldpath.local/service/pkg/metrics/metricstest"
)

// clock is a time that a test sets.
type clock struct{ time time.Time }

func (c *clock) now() time.Time { return c.time }

func TestATokenIsKnownUntilItExpiresOrTheKeysChange(t *testing.T) {
	at := &clock{time.Unix(1_000, 0)}
	registry := prometheus.NewRegistry()
	cache := tokencache.New[string](10, at.now, registry)
	cache.Add("token", 1, at.time.Add(time.Minute), "alice")

	found, ok := cache.Get("token", 1)
	require.True(t, ok)
	require.Equal(t, "alice", found)
	_, ok = cache.Get("token", 2)
	require.False(t, ok, "the key may have been withdrawn")
	_, ok = cache.Get("tokem", 1)
	require.False(t, ok)
	at.time = at.time.Add(time.Minute)
	_, ok = cache.Get("token", 1)
	require.False(t, ok, "it has expired")
	require.InDelta(t, 1, metricstest.Value(t, registry, "auth_token_cache_hits_total"), 0)
}

func TestNothingIsKeptWithoutPlaces(t *testing.T) {
	cache := tokencache.New[string](0, time.Now, prometheus.NewRegistry())
	cache.Add("token", 1, time.Now().Add(time.Hour), "alice")
	_, ok := cache.Get("token", 1)
	require.False(t, ok)
}

// Whatever is asked in whatever order: a token is never taken for another one, and
// never known under other keys or after its time.
func TestAnAnswerIsAlwaysThatOfTheToken(t *testing.T) {
	type kept struct {
		keys    uint64
		expires time.Time
	}
	rapid.Check(t, func(t *rapid.T) {
		at := &clock{time.Unix(1_000, 0)}
		cache := tokencache.New[string](4, at.now, prometheus.NewRegistry())
		known := map[string]kept{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				token := strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "token"))
				one := kept{rapid.Uint64Range(0, 2).Draw(t, "keys"), at.time.Add(time.Duration(rapid.IntRange(-5, 5).Draw(t, "for")))}
				cache.Add(token, one.keys, one.expires, "caller "+token)
				known[token] = one
			},
			"get": func(t *rapid.T) {
				token, keys := strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "token")), rapid.Uint64Range(0, 2).Draw(t, "keys")
				if value, ok := cache.Get(token, keys); ok {
					require.Equal(t, "caller "+token, value)
					require.Equal(t, known[token].keys, keys)
					require.True(t, at.time.Before(known[token].expires))
				}
			},
			"wait": func(*rapid.T) { at.time = at.time.Add(1) },
		})
	})
}

func Example() {
	cache := tokencache.New[string](1_000, time.Now, prometheus.NewRegistry())
	const keys = 1 // changes when the issuer's keys do
	cache.Add("eyJhbGciOi...", keys, time.Now().Add(time.Hour), "alice")
	fmt.Println(cache.Get("eyJhbGciOi...", keys))
	// Output: alice true
}

func BenchmarkGet(b *testing.B) {
	cache := tokencache.New[string](1_000, time.Now, prometheus.NewRegistry())
	token := string(make([]byte, 600))
	cache.Add(token, 1, time.Now().Add(time.Hour), "alice")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := cache.Get(token, 1); !ok {
			b.Fatal("forgotten")
		}
	}
}
