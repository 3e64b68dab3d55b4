// Package cache keeps values near those who ask for them: in the process, and
// behind that in Redis.
package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"

	"goldpath.local/service/pkg/apierror"
)

// maxKeyBytes bounds the keys that are cached; keys often hold what clients sent.
const maxKeyBytes = 512

// Loader reads the value of key from its source. An error of kind NotFound means
// that there is none, which may be cached; other errors never are.
type Loader[T any] func(ctx context.Context, key string) (T, error)

// Cache keeps values of one kind next to their source (cache-aside): in the
// process, and behind that in Redis for all instances. Values are shared between
// callers, who must not change what they get.
//
// However many callers miss the same key at once, an instance reads it once. The
// read belongs to none of them: whoever gives up waiting does not disturb the
// others. When Redis fails, the source is asked instead; a read never fails
// because of the cache.
//
// How stale a value can be: after Invalidate, this instance serves no older value;
// other instances may for LocalTTL. If Invalidate fails, or something changes the
// source without it, old values live for up to TTL. A source that is a replica adds
// its own lag.
type Cache[T any] struct {
	cfg     Config
	local   *localLevel[T]
	redis   redisLevel[T]
	flights singleflight.Group
	metrics counters
}

// New returns a cache for values of one kind. The name must be unique among
// the caches of all services that share the database; it is a label of metrics.
// Raise version when a field of T changes its meaning: instances of different
// versions do not see each other's values. Fields that come, go or change their
// type need no new version: a value of another shape is replaced when it is met.
func New[T any](
	client redis.Cmdable, name string, version int, cfg Config, metrics *Metrics,
) (*Cache[T], error) {
	if name == "" {
		return nil, errors.New("a cache needs a name")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	local, err := newLocalLevel[T](cfg)
	if err != nil {
		return nil, err
	}
	counters := metrics.of(name)
	return &Cache[T]{
		cfg:     cfg,
		local:   local,
		redis:   newRedisLevel[T](client, fmt.Sprintf("cache:%s:v%d:", name, version), cfg, counters),
		metrics: counters,
	}, nil
}

// Get returns the value of key, from the nearest level that has it. It returns
// errors of load, and that of ctx when it ends first. Keys of more than 512 bytes
// are loaded and not cached.
func (c *Cache[T]) Get(ctx context.Context, key string, load Loader[T]) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err // also on a hit: what a request gets must not depend on what is cached
	}
	if len(key) > maxKeyBytes {
		return load(ctx, key)
	}
	if found, ok := c.local.get(key); ok {
		c.metrics.localHits.Inc()
		return found.result()
	}
	c.metrics.localMisses.Inc()
	shared := c.flights.DoChan(key, func() (any, error) {
		return c.fetch(context.WithoutCancel(ctx), key, load)
	})
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case answer := <-shared:
		found, ok := answer.Val.(entry[T])
		if answer.Err != nil || !ok {
			return none, answer.Err
		}
		return found.result()
	}
}

// Invalidate forgets the values of keys. Call it after the source has changed: then
// no read that begins later on this instance returns an older value, not even one
// that another reader is just loading. It goes on when ctx is cancelled, since the
// change has happened. An error means that Redis may serve old values until TTL.
func (c *Cache[T]) Invalidate(ctx context.Context, keys ...string) error {
	err := c.redis.invalidate(context.WithoutCancel(ctx), keys)
	for _, key := range keys {
		c.local.remove(key)
		c.flights.Forget(key)
	}
	return err
}

// fetch looks into Redis, asks the source if need be, and remembers the answer.
func (c *Cache[T]) fetch(ctx context.Context, key string, load Loader[T]) (entry[T], error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.LoadTimeout)
	defer cancel()
	epoch := c.local.epoch(key)
	found, state := c.redis.get(ctx, key)
	if state == hit {
		c.local.add(key, found, epoch)
		return found, nil
	}
	loaded, err := c.load(ctx, key, load)
	if err != nil {
		return loaded, err
	}
	if c.remember(ctx, key, loaded, state) {
		c.local.add(key, loaded, epoch)
	}
	return loaded, nil
}

// remember stores what was loaded in Redis, and reports whether it may be kept in
// the process too. What was invalidated while it was loaded may be old already.
func (c *Cache[T]) remember(ctx context.Context, key string, loaded entry[T], state lookup) bool {
	if loaded.absent != nil && c.cfg.NegativeTTL == 0 {
		return false
	}
	encoded, ok := c.redis.encode(loaded)
	if !ok {
		return false
	}
	if state == miss {
		return c.redis.put(ctx, key, encoded, loaded.absent != nil)
	}
	return true
}

// load asks the source. A panic becomes an error: it happens outside of the
// goroutine of any request, where nothing else would keep the process alive.
func (c *Cache[T]) load(ctx context.Context, key string, load Loader[T]) (loaded entry[T], err error) {
	begin := time.Now()
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("load panicked: %v\n%s", reason, debug.Stack())
		}
		c.metrics.loadSeconds.Observe(time.Since(begin).Seconds())
		if err != nil {
			c.metrics.loadErrors.Inc()
		}
	}()
	loaded.value, err = load(ctx, key)
	var absent *apierror.Error
	if errors.As(err, &absent) && absent.Kind == apierror.NotFound {
		return entry[T]{absent: apierror.New(absent.Kind, absent.Reason, absent.Message)}, nil
	}
	return loaded, err
}
