package config

import (
	"errors"
	"time"

	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/cache"
)

// Redis configures the client of Redis and the caches behind it.
type Redis struct {
	rediscache.Config `mapstructure:",squash"`

	// Required makes the service unready while Redis is down. Without it the
	// service goes on, slower.
	Required bool `mapstructure:"required"`
	// Cache says how much is cached and for how long.
	Cache cache.Config `mapstructure:"cache"`
}

// defaultRedis is the server of deployments/docker/compose.yaml. Other environments
// set the URL, best through APP_REDIS_URL_FILE.
func defaultRedis() Redis {
	return Redis{
		Config: rediscache.Config{
			URL:          "redis://127.0.0.1:6379/0",
			PoolSize:     20,
			PoolTimeout:  100 * time.Millisecond,
			DialTimeout:  time.Second,
			ReadTimeout:  200 * time.Millisecond,
			WriteTimeout: 200 * time.Millisecond,
		},
		Cache: cache.Config{
			LocalEntries:  10_000,
			LocalTTL:      2 * time.Second,
			TTL:           5 * time.Minute,
			NegativeTTL:   0,
			MaxValueBytes: 64 << 10,
			LoadTimeout:   3 * time.Second,
			RedisTimeout:  100 * time.Millisecond,
		},
	}
}

// Validate returns everything that is wrong with the configuration at once.
func (c Redis) Validate() error {
	return errors.Join(c.Config.Validate(), c.Cache.Validate())
}
