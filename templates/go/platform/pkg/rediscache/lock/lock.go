// Package lock hands out locks in Redis that end by themselves and are numbered.
package lock

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/rediscache"
)

// fenceTTL is how long the last fence of a lock is kept. A fence that is forgotten
// is followed by a greater one all the same, as fences follow the clock.
const fenceTTL = 24 * time.Hour

// The scripts run atomically, take the time of the server, and touch keys of one
// slot only, so that they work in a cluster.

// compareAndExpire lets KEYS[1] live for ARGV[2] ms if it holds ARGV[1].
var compareAndExpire = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`)

// acquire gives the lock KEYS[1] to the owner ARGV[1] for ARGV[2] ms and returns
// its fence, or 0 when it is taken. KEYS[2] keeps the last fence for ARGV[3] ms. The
// microseconds of this century are whole numbers in Lua.
var acquire = redis.NewScript(`
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local fence = math.max(now, last + 1)
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', ARGV[3])
return fence`)

// ErrLocked is returned while somebody else holds the lock.
var ErrLocked = apierror.New(apierror.Conflict, "LOCKED", "somebody else is at it, try again")

// ErrLost is returned when a lock ended before its holder released it, and is
// the cause of the context of Hold.
var ErrLost = errors.New("lock was lost")

// Locker hands out locks that one holder has at a time, among all instances.
//
// What such a lock cannot guarantee: a holder that stops (a long garbage collection,
// a suspended machine) goes on when its lock has expired and somebody else has it;
// and a failover of Redis may forget a lock that was just taken. So it saves double
// work but does not keep data right. For that, pass the fence along with every write
// and have the store refuse a fence below one it has seen (Kleppmann, "How to do
// distributed locking", 2016), or let the database decide.
type Locker struct {
	client redis.Cmdable
}

// NewLocker returns a Locker on client.
func NewLocker(client redis.Cmdable) *Locker { return &Locker{client} }

// Lock is a lock that was taken.
type Lock struct {
	client redis.Cmdable
	keys   []string
	owner  string
	fence  int64
}

// TryAcquire takes the lock for ttl, or returns ErrLocked. The name is a part of
// two keys in Redis.
func (l *Locker) TryAcquire(ctx context.Context, name string, ttl time.Duration) (*Lock, error) {
	if ttl < time.Millisecond {
		return nil, errors.New("a lock needs a time to live of at least 1 ms")
	}
	lock := &Lock{
		client: l.client,
		keys:   []string{"lock:{" + name + "}", "lock:{" + name + "}:fence"},
		owner:  rand.Text(),
	}
	fence, err := acquire.Run(ctx, l.client, lock.keys,
		lock.owner, ttl.Milliseconds(), fenceTTL.Milliseconds()).Int64()
	if err != nil {
		return nil, fmt.Errorf("acquire lock: %w", rediscache.Translate(err))
	}
	if fence == 0 {
		return nil, ErrLocked
	}
	lock.fence = fence
	return lock, nil
}

// Acquire takes the lock for ttl and waits for it until ctx ends. It asks again
// after retry, more or less, so that waiters do not come all at once; the order in
// which they get it is not theirs.
func (l *Locker) Acquire(ctx context.Context, name string, ttl, retry time.Duration) (*Lock, error) {
	for {
		lock, err := l.TryAcquire(ctx, name, ttl)
		if !errors.Is(err, ErrLocked) {
			return lock, err
		}
		timer := time.NewTimer(retry/2 + mathrand.N(retry+1)) //nolint:gosec // jitter needs no secrecy
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("wait for lock: %w", errors.Join(ctx.Err(), err))
		}
	}
}

// Fence returns a number that is greater than that of every earlier holder of the
// lock: the time at which it was taken, in microseconds, or one more than the last.
// It keeps growing through restarts and failovers unless the clock is set back.
func (l *Lock) Fence() int64 { return l.fence }

// Extend makes the lock last for ttl from now, or returns ErrLost.
func (l *Lock) Extend(ctx context.Context, ttl time.Duration) error {
	return l.run(ctx, "extend lock", compareAndExpire, ttl.Milliseconds())
}

// Release gives the lock up, or returns ErrLost if it was not held any more.
func (l *Lock) Release(ctx context.Context) error {
	return l.run(ctx, "release lock", rediscache.CompareAndDelete)
}

func (l *Lock) run(ctx context.Context, what string, script *redis.Script, args ...any) error {
	done, err := script.Run(ctx, l.client, l.keys[:1], append([]any{l.owner}, args...)...).Int()
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", what, rediscache.Translate(err))
	case done == 0:
		return fmt.Errorf("%s: %w", what, ErrLost)
	default:
		return nil
	}
}
