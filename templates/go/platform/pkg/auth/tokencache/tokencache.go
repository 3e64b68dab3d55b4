// Package tokencache remembers what verified tokens say, so that a caller who sends
// the same token with every request costs one verification of its signature.
package tokencache

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// Cache remembers the tokens that were used last, by their hashes, so that it holds
// nothing that could be shown as a token. Only what was verified may be kept, so
// that forged tokens take no places. It is safe for concurrent use.
type Cache[T any] struct {
	entries *lru.Cache[[sha256.Size]byte, entry[T]] // nil keeps nothing
	now     func() time.Time
	hits    prometheus.Counter
}

// entry is what one token says, as long as it is valid and its key is in force.
type entry[T any] struct {
	value   T
	keys    uint64
	expires time.Time
}

// New returns a cache of at most size tokens, 0 to keep none, that asks now for the
// time and registers its metric.
func New[T any](size int, now func() time.Time, registry prometheus.Registerer) *Cache[T] {
	c := &Cache[T]{now: now, hits: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "auth_token_cache_hits_total",
		Help: "Accepted tokens that had been verified before.",
	})}
	registry.MustRegister(c.hits)
	if size > 0 {
		c.entries, _ = lru.New[[sha256.Size]byte, entry[T]](size) // fails only for sizes below 1
	}
	return c
}

// Get returns what a token says, if it was kept, has not expired, and the keys are
// still those that verified it. keys is a number that changes with them.
func (c *Cache[T]) Get(token string, keys uint64) (value T, ok bool) {
	if c.entries == nil {
		return value, false
	}
	found, ok := c.entries.Get(sha256.Sum256([]byte(token)))
	if !ok || found.keys != keys || !c.now().Before(found.expires) {
		return value, false
	}
	c.hits.Inc()
	return found.value, true
}

// Add keeps what a token says that these keys have verified, until it expires.
func (c *Cache[T]) Add(token string, keys uint64, expires time.Time, value T) {
	if c.entries != nil {
		c.entries.Add(sha256.Sum256([]byte(token)), entry[T]{value, keys, expires})
	}
}
