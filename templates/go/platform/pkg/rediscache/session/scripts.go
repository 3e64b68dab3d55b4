package session

import "github.com/redis/go-redis/v9"

// The scripts run atomically, take the time of the server, and touch keys of one
// slot only, so that they work in a cluster.

// create stores a session of the subject ARGV[1] with the data ARGV[2] that
// ends ARGV[3] ms after its last use and ARGV[4] ms from now. It returns the times
// of creation and end in ms.
var create = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = now + ARGV[4]
redis.call('HSET', KEYS[1], 'subject', ARGV[1], 'data', ARGV[2],
  'created', string.format('%.0f', now), 'ends', string.format('%.0f', ends))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {now, ends}`)

// read returns subject, data, and the times of creation and end of a session,
// or nothing. If ARGV[1] is not 0, the session then lives for that many ms, but not
// beyond its end.
var read = redis.NewScript(`
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

// index adds the session ARGV[1], created at ARGV[2] and ending at ARGV[3] ms,
// to those of its subject, and takes out and returns the oldest beyond ARGV[4].
var index = redis.NewScript(`
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
