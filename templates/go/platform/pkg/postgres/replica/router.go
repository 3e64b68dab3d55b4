// Package replica reads from copies of a PostgreSQL database while they are fresh
// enough, and writes to the primary.
package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/postgres"
)

// defaultCheckInterval is how often replicas are asked unless the configuration
// says so.
const defaultCheckInterval = 5 * time.Second

// Router sends writes to the primary and reads to its replicas. A replica is
// read from while it answers and is not too far behind; when none is, reads go
// to the primary. Without replicas everything does. It is a prometheus.Collector
// of its pools, its decisions and its transactions.
type Router struct {
	primary  *pgxpool.Pool
	replicas []*replica
	interval time.Duration
	turn     atomic.Uint64
	metrics  routerMetrics
}

// Open opens the pool of the primary and one of every replica; sessions on
// replicas are read-only. No replica is read from before Check or Watch has asked
// it. The caller closes the router.
func Open(
	ctx context.Context, cfg postgres.Config, application string, opts ...postgres.Option,
) (*Router, error) {
	primary, err := postgres.Open(ctx, cfg, application, opts...)
	if err != nil {
		return nil, err
	}
	r := &Router{
		primary:  primary,
		interval: cmp.Or(cfg.Replicas.CheckInterval, defaultCheckInterval),
		metrics:  newRouterMetrics(primary),
	}
	opts = append([]postgres.Option{readOnlySessions}, opts...)
	for i, dsn := range cfg.Replicas.DSNs {
		pool, err := openReplica(ctx, cfg, i, dsn, application, opts)
		if err != nil {
			r.Close()
			return nil, err
		}
		r.replicas = append(r.replicas, newReplica(i, pool, cfg.Replicas))
	}
	return r, nil
}

// openReplica blames the replica, not the primary, for an address that is none.
func openReplica(
	ctx context.Context, cfg postgres.Config, index int, dsn config.Secret, application string, opts []postgres.Option,
) (*pgxpool.Pool, error) {
	if _, err := pgxpool.ParseConfig(dsn.Reveal()); err != nil {
		return nil, fmt.Errorf("postgres.replicas.dsns: number %d cannot be parsed", index+1)
	}
	cfg.DSN = dsn
	return postgres.Open(ctx, cfg, application, opts...)
}

// readOnlySessions makes the server refuse a write by a reader even when the
// replica has become a primary.
func readOnlySessions(cfg *pgxpool.Config) {
	cfg.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
}

// Close closes all pools and waits for the connections at work.
func (r *Router) Close() {
	for _, replica := range r.replicas {
		replica.pool.Close()
	}
	r.primary.Close()
}

// Primary returns the pool of the primary, for checks and migrations. Use Writer
// to write within a request.
func (r *Router) Primary() *pgxpool.Pool { return r.primary }

// Writer returns the pool of the primary and, in a context of TrackWrites, sends
// later reads there too.
func (r *Router) Writer(ctx context.Context) *pgxpool.Pool {
	if s, ok := ctx.Value(sessionKey{}).(*session); ok {
		s.pinned.Store(true)
	}
	return r.primary
}

// InTx is postgres.InTx on the Writer, measured.
func (r *Router) InTx(ctx context.Context, fn func(tx pgx.Tx) error, opts ...postgres.TxOption) error {
	return postgres.InTx(ctx, r.Writer(ctx), fn, append([]postgres.TxOption{postgres.Measured(r.metrics.transactions)}, opts...)...)
}

// Reader returns the pool to read from: that of the next healthy replica, or of
// the primary if ctx demands it (WithPrimary, or a write since TrackWrites) or
// no replica is healthy. What it returns may be older than the last commit.
func (r *Router) Reader(ctx context.Context) *pgxpool.Pool {
	if replica := r.choose(ctx); replica != nil {
		return replica.pool
	}
	return r.primary
}

// Read runs fn with the Reader and, when it was a replica that broke off, once
// more with the primary: fn must only read. The replica is not read from again
// before a check has found it well.
func (r *Router) Read(ctx context.Context, fn func(db *pgxpool.Pool) error) error {
	replica := r.choose(ctx)
	if replica == nil {
		return fn(r.primary)
	}
	err := fn(replica.pool)
	if err == nil || ctx.Err() != nil {
		return err
	}
	switch {
	case postgres.IsUnreachable(err):
		replica.healthy.Store(false)
	case !postgres.IsAborted(err): // else the replay of the primary's changes cancelled the statement
		return err
	}
	r.metrics.retried.Inc()
	return fn(r.primary)
}

// choose returns nil for the primary.
func (r *Router) choose(ctx context.Context) *replica {
	if s, ok := ctx.Value(sessionKey{}).(*session); ok && s.pinned.Load() {
		r.metrics.pinned.Inc()
		return nil
	}
	count := uint64(len(r.replicas))
	if count == 0 {
		r.metrics.primary.Inc()
		return nil
	}
	first := r.turn.Add(1)
	for i := range count {
		if candidate := r.replicas[(first+i)%count]; candidate.healthy.Load() {
			r.metrics.replica.Inc()
			return candidate
		}
	}
	r.metrics.fallback.Inc()
	return nil
}

// Check asks all replicas once, at the same time, and returns why some are not
// read from; nil means that all are.
func (r *Router) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.interval)
	defer cancel()
	errs := make([]error, len(r.replicas))
	var wg sync.WaitGroup
	for i, replica := range r.replicas {
		wg.Go(func() { errs[i] = replica.check(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Watch checks the replicas at every interval until ctx ends, and logs each
// change of what it finds. It returns nil.
func (r *Router) Watch(ctx context.Context, log *slog.Logger) error {
	ticker := time.NewTicker(r.interval)
	defer ticker.Stop()
	for known := -1; ; {
		known = r.checkAndLog(ctx, log, known)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// checkAndLog returns the number of healthy replicas; known is what it returned
// last time.
func (r *Router) checkAndLog(ctx context.Context, log *slog.Logger, known int) int {
	err := r.Check(ctx)
	healthy := r.healthy()
	switch {
	case healthy == known || ctx.Err() != nil:
	case err != nil:
		log.WarnContext(ctx, "some replicas are not read from", "healthy", healthy, "error", err)
	default:
		log.InfoContext(ctx, "replicas are read from", "healthy", healthy)
	}
	return healthy
}

func (r *Router) healthy() (count int) {
	for _, replica := range r.replicas {
		if replica.healthy.Load() {
			count++
		}
	}
	return count
}

// Describe sends the descriptions of the metrics.
func (r *Router) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(r, ch) }

// Collect sends the present values.
func (r *Router) Collect(ch chan<- prometheus.Metric) {
	r.metrics.pool.Collect(ch)
	for _, replica := range r.replicas {
		replica.collect(ch)
	}
	r.metrics.reads.Collect(ch)
	r.metrics.transactions.Collect(ch)
}
