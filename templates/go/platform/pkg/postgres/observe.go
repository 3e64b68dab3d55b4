package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// ReachableCheck returns a readiness check that fails while the database cannot be
// reached. A pool whose connections are all at work is no failure: taking a busy
// instance out of load balancing only makes the others busier. But they may all be
// waiting for a database that hangs, so then the check makes a connection of its own.
func ReachableCheck(pool *pgxpool.Pool) func(ctx context.Context) error {
	cfg := pool.Config().ConnConfig
	isBusy := func() bool {
		stat := pool.Stat()
		return stat.AcquiredConns() >= stat.MaxConns()
	}
	return func(ctx context.Context) error {
		if isBusy() {
			return knock(ctx, cfg)
		}
		err := pool.Ping(ctx)
		if ctx.Err() != nil && isBusy() {
			return nil // it may have waited for a connection only; the next check knocks
		}
		return err
	}
}

// knock connects and leaves. A server that has no connection left answers.
func knock(ctx context.Context, cfg *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == codeTooManyConnections:
		return nil
	case err != nil:
		return fmt.Errorf("connect while the pool is busy: %w", err)
	}
	return conn.Close(ctx)
}

// poolMetrics describes the metrics of one pool.
type poolMetrics struct {
	connections, maxConnections        *prometheus.Desc
	acquires, canceled, waits          *prometheus.Desc
	acquireSeconds, waitSeconds        *prometheus.Desc
	connectionsOpen, connectionsClosed *prometheus.Desc
}

func newPoolMetrics(labels prometheus.Labels) poolMetrics {
	desc := func(name, help string, variable ...string) *prometheus.Desc {
		return prometheus.NewDesc("postgres_pool_"+name, help, variable, labels)
	}
	return poolMetrics{
		connections:       desc("connections", "Connections of the pool, by state.", "state"),
		maxConnections:    desc("max_connections", "Size of the pool."),
		acquires:          desc("acquires_total", "How often a connection was taken from the pool."),
		canceled:          desc("canceled_acquires_total", "How often a request gave up before it got a connection."),
		waits:             desc("waits_total", "How often a request had to wait for a connection."),
		acquireSeconds:    desc("acquire_seconds_total", "Time that requests have spent on getting a connection."),
		waitSeconds:       desc("wait_seconds_total", "Time that requests have waited because no connection was idle."),
		connectionsOpen:   desc("connections_opened_total", "Connections that the pool has begun to make."),
		connectionsClosed: desc("connections_closed_total", "Connections that the pool has ended, by reason.", "reason"),
	}
}

// collect sends the present values of pool.
func (m poolMetrics) collect(pool *pgxpool.Pool, ch chan<- prometheus.Metric) {
	stat := pool.Stat()
	gauge := func(desc *prometheus.Desc, value int32, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
	}
	counter := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, labels...)
	}
	gauge(m.connections, stat.AcquiredConns(), "used")
	gauge(m.connections, stat.IdleConns(), "idle")
	gauge(m.connections, stat.ConstructingConns(), "connecting")
	gauge(m.maxConnections, stat.MaxConns())
	counter(m.acquires, float64(stat.AcquireCount()))
	counter(m.canceled, float64(stat.CanceledAcquireCount()))
	counter(m.waits, float64(stat.EmptyAcquireCount()))
	counter(m.acquireSeconds, stat.AcquireDuration().Seconds())
	counter(m.waitSeconds, stat.EmptyAcquireWaitTime().Seconds())
	counter(m.connectionsOpen, float64(stat.NewConnsCount()))
	counter(m.connectionsClosed, float64(stat.MaxLifetimeDestroyCount()), "lifetime")
	counter(m.connectionsClosed, float64(stat.MaxIdleDestroyCount()), "idle")
}

type collector struct {
	poolMetrics

	pool *pgxpool.Pool
}

// NewCollector returns the metrics of a pool, read at every scrape; the labels
// tell it from other pools. A service with a replica.Router registers that
// instead.
func NewCollector(pool *pgxpool.Pool, labels prometheus.Labels) prometheus.Collector {
	return collector{newPoolMetrics(labels), pool}
}

// Describe sends the descriptions of the metrics.
func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect sends the present values.
func (c collector) Collect(ch chan<- prometheus.Metric) { c.collect(c.pool, ch) }

// TxMetrics counts transactions; see Measured. It is a prometheus.Collector, and
// nil counts nothing.
type TxMetrics struct {
	transactions *prometheus.CounterVec
	retries      *prometheus.CounterVec
}

// What a transaction came to, as it is counted.
const (
	outcomeCommitted  = "committed"
	outcomeRolledBack = "rolled_back"
	outcomeGaveUp     = "gave_up"
)

// NewTxMetrics returns counters that start at zero. The caller registers them.
func NewTxMetrics() *TxMetrics {
	return &TxMetrics{
		transactions: counters("postgres_transactions_total",
			"Transactions by outcome: committed, rolled_back, or gave_up when no attempts were left.",
			"outcome", outcomeCommitted, outcomeRolledBack, outcomeGaveUp),
		retries: counters("postgres_transaction_retries_total", "How often a transaction was run again, by reason.",
			"reason", reasonSerialization, reasonDeadlock, reasonLost),
	}
}

// counters returns one counter for each value, so that alerts see a zero and not
// nothing before it first counts.
func counters(name, help, label string, values ...string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	for _, value := range values {
		vec.WithLabelValues(value)
	}
	return vec
}

// Describe sends the descriptions of the metrics.
func (m *TxMetrics) Describe(ch chan<- *prometheus.Desc) {
	m.transactions.Describe(ch)
	m.retries.Describe(ch)
}

// Collect sends the present values.
func (m *TxMetrics) Collect(ch chan<- prometheus.Metric) {
	m.transactions.Collect(ch)
	m.retries.Collect(ch)
}

func (m *TxMetrics) retried(reason string) {
	if m != nil {
		m.retries.WithLabelValues(reason).Inc()
	}
}

func (m *TxMetrics) done(err error) {
	switch {
	case m == nil:
	case err == nil:
		m.transactions.WithLabelValues(outcomeCommitted).Inc()
	case errors.Is(err, errGaveUp):
		m.transactions.WithLabelValues(outcomeGaveUp).Inc()
	default:
		m.transactions.WithLabelValues(outcomeRolledBack).Inc()
	}
}
