package replica

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"goldpath.local/service/pkg/postgres"
)

// defaultLagQuery returns 0 on a primary (a promoted replica is up to date), and
// on a standby that streams and has replayed all it received; the time since the
// last replayed commit, which also grows while the primary is idle, counts only
// otherwise. A network that silently swallows the stream is noticed after the
// server's wal_receiver_timeout. Anybody may read all of this.
const defaultLagQuery = `SELECT CASE
	WHEN NOT pg_is_in_recovery() THEN 0
	WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
	ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
END::float8`

// replica is one copy of the database and what the last check has found.
type replica struct {
	number   int
	pool     *pgxpool.Pool
	lagQuery string
	maxLag   time.Duration
	healthy  atomic.Bool
	lag      atomic.Uint64 // float64 bits, in seconds
	metrics  replicaMetrics
}

func newReplica(index int, pool *pgxpool.Pool, cfg postgres.Replicas) *replica {
	return &replica{
		number:   index + 1,
		pool:     pool,
		lagQuery: cmp.Or(cfg.LagQuery, defaultLagQuery),
		maxLag:   cfg.MaxLag,
		metrics:  newReplicaMetrics(index+1, pool),
	}
}

// check asks for the lag and decides whether the replica is read from. When its
// pool is at its limit and no connection comes free, the decision stays: sending
// the readers to the primary as well would not help anybody.
func (r *replica) check(ctx context.Context) error {
	lag, err := r.measure(ctx)
	if stat := r.pool.Stat(); errors.Is(err, context.DeadlineExceeded) && stat.AcquiredConns() >= stat.MaxConns() {
		return nil
	}
	if err == nil {
		r.lag.Store(math.Float64bits(lag))
		err = r.judge(lag)
	}
	r.healthy.Store(err == nil)
	if err != nil {
		return fmt.Errorf("replica %d: %w", r.number, err)
	}
	return nil
}

func (r *replica) measure(ctx context.Context) (float64, error) {
	var lag *float64
	if err := r.pool.QueryRow(ctx, r.lagQuery).Scan(&lag); err != nil {
		return 0, fmt.Errorf("ask for lag: %w", err)
	}
	if lag == nil {
		return math.Inf(1), nil
	}
	return *lag, nil
}

// judge says whether so many seconds are too many. A replica whose clock is
// ahead may report less than 0.
func (r *replica) judge(lag float64) error {
	if r.maxLag > 0 && !(lag <= r.maxLag.Seconds()) { // NaN is too much, too
		return fmt.Errorf("is behind by %g s, allowed are %s", lag, r.maxLag)
	}
	return nil
}
