package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// ReachableCheck returns a readiness check that fails while the database
// cannot be reached. A pool whose connections are all at work passes: taking a
// busy instance out of load balancing only makes the others busier.
func ReachableCheck(pool *pgxpool.Pool) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		err := pool.Ping(ctx)
		if stat := pool.Stat(); stat.AcquiredConns() >= stat.MaxConns() {
			return nil
		}
		return err
	}
}

var (
	connections = prometheus.NewDesc("postgres_pool_connections",
		"Connections of the pool, by state.", []string{"state"}, nil)
	maxConnections = prometheus.NewDesc("postgres_pool_max_connections",
		"Size of the pool.", nil, nil)
	waits = prometheus.NewDesc("postgres_pool_waits_total",
		"How often a request had to wait for a connection.", nil, nil)
	waitSeconds = prometheus.NewDesc("postgres_pool_acquire_seconds_total",
		"Time that requests have spent on getting a connection.", nil, nil)
)

type collector struct{ pool *pgxpool.Pool }

// NewCollector returns the metrics of a pool, read at every scrape.
func NewCollector(pool *pgxpool.Pool) prometheus.Collector { return collector{pool} }

// Describe sends the descriptions of the metrics.
func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect sends the present values.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	stat := c.pool.Stat()
	gauge := func(desc *prometheus.Desc, value int32, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
	}
	counter := func(desc *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value)
	}
	gauge(connections, stat.AcquiredConns(), "used")
	gauge(connections, stat.IdleConns(), "idle")
	gauge(connections, stat.ConstructingConns(), "connecting")
	gauge(maxConnections, stat.MaxConns())
	counter(waits, float64(stat.EmptyAcquireCount()))
	counter(waitSeconds, stat.AcquireDuration().Seconds())
}
