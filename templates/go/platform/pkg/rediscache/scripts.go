package rediscache

import "github.com/redis/go-redis/v9"

// CompareAndDelete is a script that deletes KEYS[1] if it holds ARGV[1].
var CompareAndDelete = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`)
