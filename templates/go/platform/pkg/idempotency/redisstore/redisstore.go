// Package redisstore keeps idempotency keys in Redis. A key is forgotten when Redis
// loses it (a restart without persistence, a failover, eviction), and the next request
// does the work again: where that must not happen, use pgstore.
package redisstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/idempotency"
	"goldpath.local/service/pkg/rediscache"
)

// The scripts keep a key as a hash with fingerprint, owner and, once completed,
// response. It lives as long as the lease, and then as the retention.

// begin takes KEYS[1] for the fingerprint ARGV[1] and the owner ARGV[2] for ARGV[3] ms.
var begin = redis.NewScript(`
local entry = redis.call('HMGET', KEYS[1], 'fingerprint', 'owner', 'response')
if entry[1] then
  if entry[1] ~= ARGV[1] then
    return {'mismatch'}
  end
  if entry[3] then
    return {'replay', entry[3]}
  end
  if entry[2] ~= ARGV[2] then
    return {'in-progress', string.format('%.0f', redis.call('PTTL', KEYS[1]))}
  end
end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'owner', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'new'}`)

// complete stores the response ARGV[3] for ARGV[4] ms, unless the key has another owner.
var complete = redis.NewScript(`
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'owner', ARGV[2], 'response', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`)

// abandon deletes KEYS[1] if ARGV[1] owns it and it has no response.
var abandon = redis.NewScript(`
local entry = redis.call('HMGET', KEYS[1], 'owner', 'response')
if entry[1] == ARGV[1] and not entry[2] then
  redis.call('DEL', KEYS[1])
end
return 1`)

// Store is an idempotency.Store in Redis.
type Store struct {
	client redis.Scripter
	prefix string
}

// New returns a store. Services that share a database do not share keys.
func New(client redis.Scripter, service string) *Store {
	return &Store{client, "idempotency:" + service + ":"}
}

// Begin implements idempotency.Store.
func (s *Store) Begin(
	ctx context.Context, claim idempotency.Claim, lease time.Duration,
) (idempotency.Found, error) {
	answer, err := begin.Run(ctx, s.client, s.keys(claim),
		claim.Fingerprint, claim.Owner, lease.Milliseconds()).StringSlice()
	if err != nil {
		return idempotency.Found{}, fmt.Errorf("claim key: %w", rediscache.Translate(err))
	}
	found, err := parse(answer)
	if err != nil {
		return found, fmt.Errorf("read key: %w", err)
	}
	return found, nil
}

// parse reads what begin returns: an outcome, and what belongs to it.
func parse(answer []string) (idempotency.Found, error) {
	var (
		found  idempotency.Found
		detail string
		err    error
	)
	if len(answer) > 1 {
		detail = answer[1]
	}
	switch answer[0] {
	case idempotency.New.String():
		found.Outcome = idempotency.New
	case idempotency.Mismatch.String():
		found.Outcome = idempotency.Mismatch
	case idempotency.Replay.String():
		found.Outcome = idempotency.Replay
		err = json.Unmarshal([]byte(detail), &found.Response)
	default:
		found.Outcome = idempotency.InProgress
		found.RetryAfter, err = time.ParseDuration(detail + "ms")
	}
	return found, err
}

// Complete implements idempotency.Store.
func (s *Store) Complete(
	ctx context.Context, claim idempotency.Claim, response idempotency.Response, retention time.Duration,
) error {
	encoded, err := json.Marshal(response)
	if err != nil {
		return fmt.Errorf("encode response: %w", err)
	}
	stored, err := complete.Run(ctx, s.client, s.keys(claim),
		claim.Fingerprint, claim.Owner, encoded, retention.Milliseconds()).Int()
	if err != nil {
		return fmt.Errorf("store response: %w", rediscache.Translate(err))
	}
	if stored == 0 {
		return idempotency.ErrLost
	}
	return nil
}

// Abandon implements idempotency.Store.
func (s *Store) Abandon(ctx context.Context, claim idempotency.Claim) error {
	if err := abandon.Run(ctx, s.client, s.keys(claim), claim.Owner).Err(); err != nil {
		return fmt.Errorf("release key: %w", rediscache.Translate(err))
	}
	return nil
}

func (s *Store) keys(claim idempotency.Claim) []string { return []string{s.prefix + claim.ID} }
