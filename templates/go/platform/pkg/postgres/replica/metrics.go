package replica

import (
	"math"
	"strconv"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/postgres"
)

// routerMetrics counts reads by where they went; see Router.
type routerMetrics struct {
	pool         prometheus.Collector
	transactions *postgres.TxMetrics
	reads        *prometheus.CounterVec

	replica, primary, pinned, fallback, retried prometheus.Counter
}

func newRouterMetrics(primary *pgxpool.Pool) routerMetrics {
	reads := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "postgres_reads_total",
		Help: "Reads by route: replica, primary when there are no replicas, primary_pinned when the request demands it, " +
			"primary_fallback when no replica is healthy, primary_retried when a replica broke off.",
	}, []string{"route"})
	return routerMetrics{
		pool:         postgres.NewCollector(primary, prometheus.Labels{"pool": "primary"}),
		transactions: postgres.NewTxMetrics(),
		reads:        reads,
		replica:      reads.WithLabelValues("replica"),
		primary:      reads.WithLabelValues("primary"),
		pinned:       reads.WithLabelValues("primary_pinned"),
		fallback:     reads.WithLabelValues("primary_fallback"),
		retried:      reads.WithLabelValues("primary_retried"),
	}
}

func (r *replica) collect(ch chan<- prometheus.Metric) {
	healthy := 0.0
	if r.healthy.Load() {
		healthy = 1
	}
	ch <- prometheus.MustNewConstMetric(r.metrics.healthy, prometheus.GaugeValue, healthy)
	ch <- prometheus.MustNewConstMetric(r.metrics.lag, prometheus.GaugeValue, math.Float64frombits(r.lag.Load()))
	r.metrics.pool.Collect(ch)
}

type replicaMetrics struct {
	pool         prometheus.Collector
	healthy, lag *prometheus.Desc
}

func newReplicaMetrics(number int, pool *pgxpool.Pool) replicaMetrics {
	labels := prometheus.Labels{"pool": "replica_" + strconv.Itoa(number)}
	return replicaMetrics{
		pool: postgres.NewCollector(pool, labels),
		healthy: prometheus.NewDesc("postgres_replica_healthy",
			"1 while the replica is read from.", nil, labels),
		lag: prometheus.NewDesc("postgres_replica_lag_seconds",
			"How far the replica was behind when it was last asked.", nil, labels),
	}
}
