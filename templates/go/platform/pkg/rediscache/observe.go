package rediscache

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// ReachableCheck returns a readiness check that fails while Redis cannot be
// reached. Register it for what cannot work without Redis, such as sessions: a
// service that only caches serves without Redis, and should stay in load balancing.
// A pool whose connections are all at work is no failure, as a busy one is not
// broken. But they may all be waiting for a Redis that hangs, so then the check makes
// a connection of its own.
func ReachableCheck(client *redis.Client) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if isBusy(client) {
			return knock(ctx, *client.Options())
		}
		err := client.Ping(ctx).Err()
		if errors.Is(err, redis.ErrPoolTimeout) || ctx.Err() != nil && isBusy(client) {
			return nil // it may have waited for a connection only; the next check knocks
		}
		return err
	}
}

func isBusy(client *redis.Client) bool {
	stats := client.PoolStats()
	return int(stats.TotalConns)-int(stats.IdleConns) >= client.Options().PoolSize
}

// knock connects, asks and leaves. A server that has no connection left answers.
func knock(ctx context.Context, options redis.Options) error {
	options.PoolSize = 1
	options.MaxRetries = -1 // the client has replaced it by what it means
	visitor := redis.NewClient(&options)
	err := visitor.Ping(ctx).Err()
	if redis.IsMaxClientsError(err) {
		err = nil
	}
	return errors.Join(err, visitor.Close())
}

var (
	connections = prometheus.NewDesc("redis_pool_connections",
		"Connections of the pool, by state.", []string{"state"}, nil)
	maxConnections = prometheus.NewDesc("redis_pool_max_connections",
		"Size of the pool.", nil, nil)
	waits = prometheus.NewDesc("redis_pool_waits_total",
		"How often a command had to wait for a connection.", nil, nil)
	waitSeconds = prometheus.NewDesc("redis_pool_wait_seconds_total",
		"Time that commands have waited for a connection.", nil, nil)
	timeouts = prometheus.NewDesc("redis_pool_timeouts_total",
		"How often a command got no connection in time.", nil, nil)
)

type collector struct{ client *redis.Client }

// NewCollector returns the metrics of the client's pool, read at every scrape.
func NewCollector(client *redis.Client) prometheus.Collector { return collector{client} }

// Describe sends the descriptions of the metrics.
func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect sends the present values.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	stats := c.client.PoolStats()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counter := func(desc *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value)
	}
	gauge(connections, float64(stats.TotalConns-min(stats.IdleConns, stats.TotalConns)), "used")
	gauge(connections, float64(stats.IdleConns), "idle")
	gauge(maxConnections, float64(c.client.Options().PoolSize))
	counter(waits, float64(stats.WaitCount))
	counter(waitSeconds, float64(stats.WaitDurationNs)/1e9)
	counter(timeouts, float64(stats.Timeouts))
}
