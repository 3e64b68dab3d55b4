package rediscache

import "github.com/redis/go-redis/v9"

// The scripts run atomically, take the time of the server, and touch keys of one
// slot only, so that they work in a cluster.

// compareAndDelete deletes KEYS[1] if it holds ARGV[1].
var compareAndDelete = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`)

// compareAndExpire lets KEYS[1] live for ARGV[2] ms if it holds ARGV[1].
var compareAndExpire = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`)

// acquireLock gives the lock KEYS[1] to the owner ARGV[1] for ARGV[2] ms and returns
// its fence, or 0 when it is taken. KEYS[2] keeps the last fence for ARGV[3] ms. The
// microseconds of this century are whole numbers in Lua.
var acquireLock = redis.NewScript(`
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local fence = math.max(now, last + 1)
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', ARGV[3])
return fence`)

// createSession stores a session of the subject ARGV[1] with the data ARGV[2] that
// ends ARGV[3] ms after its last use and ARGV[4] ms from now. It returns the times
// of creation and end in ms.
var createSession = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = now + ARGV[4]
redis.call('HSET', KEYS[1], 'subject', ARGV[1], 'data', ARGV[2],
  'created', string.format('%.0f', now), 'ends', string.format('%.0f', ends))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {now, ends}`)

// readSession returns subject, data, and the times of creation and end of a session,
// or nothing. If ARGV[1] is not 0, the session then lives for that many ms, but not
// beyond its end.
var readSession = redis.NewScript(`
local session = redis.call('HMGET', KEYS[1], 'subject', 'data', 'created', 'ends')
if not session[1] then
  return false
end
local idle = tonumber(ARGV[1])
if idle > 0 then
  local time = redis.call('TIME')
  local left = session[4] - (time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min(idle, left)))
end
return session`)

// indexSession adds the session ARGV[1], created at ARGV[2] and ending at ARGV[3] ms,
// to those of its subject, and takes out and returns the oldest beyond ARGV[4].
var indexSession = redis.NewScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
local excess = redis.call('ZCARD', KEYS[1]) - ARGV[4]
if excess <= 0 then
  return {}
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, excess - 1)
redis.call('ZREM', KEYS[1], unpack(oldest))
return oldest`)
