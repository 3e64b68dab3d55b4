package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
)

func TestEveryMistakeOfRedisIsNamed(t *testing.T) {
	tests := map[string]func(*config.Redis){
		"redis.url":       func(c *config.Redis) { c.URL = "" },
		"redis.pool_size": func(c *config.Redis) { c.PoolSize = 0 },
		"cache.ttl":       func(c *config.Redis) { c.Cache.TTL = 0 },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := config.Default()
			spoil(&cfg.Redis)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}
