package cache

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/rediscache"
)

// lookup is what Redis said about a key.
type lookup int

const (
	miss        lookup = iota // nothing is stored
	hit                       // an entry is stored
	invalidated               // nothing may be stored for now
	failed                    // Redis could not be asked, or holds nonsense
)

// redisLevel keeps entries in Redis. An invalidation does not delete: it leaves a
// mark for as long as a reader may still be busy with the old value, and entries
// are stored only where there is nothing, so no old value comes back.
type redisLevel[T any] struct {
	client  redis.Cmdable
	prefix  string
	shape   string // of T, before each stored value
	cfg     Config
	metrics counters
}

func newRedisLevel[T any](client redis.Cmdable, prefix string, cfg Config, metrics counters) redisLevel[T] {
	return redisLevel[T]{client, prefix, shape[T](), cfg, metrics}
}

func (r redisLevel[T]) get(ctx context.Context, key string) (entry[T], lookup) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.RedisTimeout)
	defer cancel()
	stored, err := r.client.Get(ctx, r.prefix+key).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		r.metrics.redisMisses.Inc()
		return entry[T]{}, miss
	case err != nil:
		r.metrics.redisErrors.Inc()
		return entry[T]{}, failed
	case len(stored) == 1 && stored[0] == tagInvalidated:
		r.metrics.redisMisses.Inc()
		return entry[T]{}, invalidated
	}
	found, err := decode[T](stored, r.shape)
	if err != nil {
		// Make room for a good entry. If that fails, TTL does it.
		_ = rediscache.CompareAndDelete.Run(ctx, r.client, []string{r.prefix + key}, stored).Err()
		if errors.Is(err, errOtherShape) {
			r.metrics.redisMisses.Inc()
			return entry[T]{}, miss
		}
		r.metrics.redisErrors.Inc()
		return entry[T]{}, failed
	}
	r.metrics.redisHits.Inc()
	return found, hit
}

// encode returns the stored form of e; false means that it must not be cached.
func (r redisLevel[T]) encode(e entry[T]) ([]byte, bool) {
	encoded, err := e.encode(r.shape)
	if err != nil || len(encoded) > r.cfg.MaxValueBytes {
		r.metrics.unfit.Inc()
		return nil, false
	}
	return encoded, true
}

// put stores an entry where there is none. It reports false when there is one, or
// the mark of an invalidation: then the entry may be older than what is there.
func (r redisLevel[T]) put(ctx context.Context, key string, encoded []byte, absent bool) bool {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.RedisTimeout)
	defer cancel()
	ttl := r.cfg.TTL
	if absent {
		ttl = r.cfg.NegativeTTL
	}
	stored, err := r.client.SetNX(ctx, r.prefix+key, encoded, jitter(ttl)).Result()
	if err != nil {
		r.metrics.redisErrors.Inc()
		return true
	}
	return stored
}

func (r redisLevel[T]) invalidate(ctx context.Context, keys []string) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.RedisTimeout)
	defer cancel()
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, key := range keys {
			pipe.Set(ctx, r.prefix+key, string(tagInvalidated), r.cfg.LoadTimeout+r.cfg.RedisTimeout)
		}
		return nil
	})
	if err != nil {
		r.metrics.redisErrors.Inc()
		return fmt.Errorf("invalidate cache: %w", rediscache.Translate(err))
	}
	return nil
}

// jitter returns ttl less up to a tenth.
func jitter(ttl time.Duration) time.Duration {
	return ttl - rand.N(ttl/10+1) //nolint:gosec // jitter needs no secrecy
}

// The first byte of what is stored in Redis says what it is.
const (
	tagValue       = '+' // the shape of its type and the JSON of a value follow
	tagAbsent      = '-' // the JSON of an absence follows
	tagInvalidated = '!' // nothing follows
)

var (
	errBadEntry   = errors.New("cache entry is malformed")
	errOtherShape = errors.New("cache entry is of a release with other fields")
)

// entry is what a cache knows of a key: its value, or that there is none.
type entry[T any] struct {
	value  T
	absent *apierror.Error // nil when there is a value
}

// absence is an entry without value, as stored.
type absence struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (e entry[T]) result() (T, error) {
	if e.absent != nil {
		return e.value, e.absent
	}
	return e.value, nil
}

func (e entry[T]) encode(shape string) ([]byte, error) {
	head, content := string(tagValue)+shape, any(e.value)
	if e.absent != nil {
		head, content = string(tagAbsent), absence{e.absent.Reason, e.absent.Message}
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return append([]byte(head), encoded...), nil
}

func decode[T any](stored []byte, shape string) (entry[T], error) {
	var e entry[T]
	if len(stored) == 0 {
		return e, errBadEntry
	}
	switch stored[0] {
	case tagValue:
		content, same := bytes.CutPrefix(stored[1:], []byte(shape))
		if !same {
			return e, errOtherShape
		}
		return e, json.Unmarshal(content, &e.value)
	case tagAbsent:
		var none absence
		if err := json.Unmarshal(stored[1:], &none); err != nil {
			return e, err
		}
		e.absent = apierror.New(apierror.NotFound, none.Reason, none.Message)
		return e, nil
	default:
		return e, errBadEntry
	}
}

// shape returns a short text that differs between types with different fields.
func shape[T any]() string {
	hash := sha256.New()
	describe(hash, reflect.TypeFor[T](), map[reflect.Type]bool{})
	const enough = 4 // bytes: releases of one service must differ, no more
	return hex.EncodeToString(hash.Sum(nil)[:enough])
}

// describe writes a type and all that its JSON is made of; seen ends cycles.
func describe(w io.Writer, t reflect.Type, seen map[reflect.Type]bool) {
	_, _ = fmt.Fprint(w, t.Kind(), " ", t, ";")
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		for field := range t.Fields() {
			_, _ = fmt.Fprint(w, field.Name, " ", field.Tag, " ")
			describe(w, field.Type, seen)
		}
	case reflect.Map:
		describe(w, t.Key(), seen)
		describe(w, t.Elem(), seen)
	case reflect.Pointer, reflect.Slice, reflect.Array:
		describe(w, t.Elem(), seen)
	default: // has no parts
	}
}
