// Package redislimit is the limiter that all instances of a service share.
package redislimit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/ratelimit"
)

// take takes a token from the bucket of KEYS[1], which gets one every ARGV[1]
// microseconds and holds ARGV[2] of them. It returns whether there was one, and when
// the bucket is full, in microseconds from now. Only one number is stored, the time
// at which the bucket is full, and only until then. Times are those of the server.
//
// A time beyond what a bucket can take was stored under another quota, or before the
// clock was set back; it must not keep the caller out for longer than an empty one.
var take = redis.NewScript(`
local interval = tonumber(ARGV[1])
local capacity = interval * tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or now)
full = math.min(math.max(full, now), now + capacity)
if full + interval - now > capacity then
  return {0, full - now}
end
full = full + interval
local ttl = math.ceil((full - now) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', ttl))
return {1, full - now}`)

// Limiter is a ratelimit.Limiter in Redis: one round trip per decision.
type Limiter struct {
	client redis.Scripter
	prefix string
	policy string
	quota  ratelimit.Quota
}

// New returns a limiter. Limiters of one service with one policy in one database share
// their buckets; the policy names the limiter in decisions.
func New(client redis.Scripter, service, policy string, quota ratelimit.Quota) (*Limiter, error) {
	if err := quota.Validate(); err != nil {
		return nil, err
	}
	return &Limiter{client, "ratelimit:" + service + ":" + policy + ":", policy, quota}, nil
}

// Allow takes a token of key. It takes as long as the client lets it: see
// ratelimit.Fallback.
func (l *Limiter) Allow(ctx context.Context, key string) (ratelimit.Decision, error) {
	answer, err := take.Run(ctx, l.client, []string{l.prefix + key},
		l.quota.Interval().Microseconds(), l.quota.Burst).Int64Slice()
	if err != nil {
		return ratelimit.Decision{}, fmt.Errorf("ask redis: %w", err)
	}
	if len(answer) != 2 {
		return ratelimit.Decision{}, errors.New("ask redis: unexpected answer")
	}
	reset := time.Duration(answer[1]) * time.Microsecond
	return l.quota.Decide(l.policy, answer[0] == 1, reset), nil
}
