package app

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/rediscache"
	"goldpath.local/service/pkg/rediscache/cache"
)

// clientLogInterval bounds how often the client library may repeat itself.
const clientLogInterval = time.Minute

// caching is what the service keeps in Redis with.
type caching struct {
	redis        *redis.Client
	cacheMetrics *cache.Metrics
}

// wireRedis adds the client. It connects when it is first used: a Redis that is down
// does not keep the service from starting, and as the configuration says from being
// ready.
func (a *App) wireRedis() error {
	redis.SetLogger(rediscache.NewClientLogger(a.log, clientLogInterval))
	opts := []rediscache.Option{rediscache.WithClientName(a.cfg.Service.Name)}
	if a.telemetry.Enabled() {
		opts = append(opts, rediscache.WithTracing(a.telemetry.TracerProvider()))
	}
	client, err := rediscache.Open(a.cfg.Redis.Config, opts...)
	if err != nil {
		return fmt.Errorf("open client: %w", err)
	}
	a.caching = caching{redis: client, cacheMetrics: cache.NewMetrics(a.registry)}
	a.registry.MustRegister(rediscache.NewCollector(client))
	register := a.probes.RegisterOptional
	if a.cfg.Redis.Required {
		register = a.probes.Register
	}
	register("redis", rediscache.ReachableCheck(client))
	a.group.Add(lifecycle.Component{
		Name: "redis",
		Stop: func(context.Context) error { return client.Close() },
	})
	return nil
}
