package rediscache

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// ReachableCheck returns a readiness check that fails while Redis cannot be
// reached. Register it for what cannot work without Redis, such as sessions: a
// service that only caches serves without Redis, and should stay in load balancing.
// A pool whose connections are all at work passes, as a busy one is not broken.
func ReachableCheck(client *redis.Client) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		err := client.Ping(ctx).Err()
		stats := client.PoolStats()
		if busy := int(stats.TotalConns) - int(stats.IdleConns); busy >= client.Options().PoolSize {
			return nil
		}
		return err
	}
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
