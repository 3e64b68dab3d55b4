package replica_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/postgrestest"
	"goldpath.local/service/pkg/postgres/replica"
	"goldpath.local/service/pkg/testkit"
)

// Everything here is simulated by databases of one server: each tells its name,
// and a replica also how far it claims to be behind. Nothing is replicated.
const lagOfTable = "SELECT seconds FROM lag"

// cluster is a router over databases that a test can reach behind its back.
type cluster struct {
	*replica.Router

	replicas []*pgxpool.Pool
	proxies  []*testkit.Proxy
}

func newCluster(t *testing.T, replicas int, change ...func(*postgres.Config)) cluster {
	t.Helper()
	primary := postgrestest.Config(t)
	create(t, postgrestest.Open(t, primary), "primary")
	primary.Replicas = postgres.Replicas{MaxLag: time.Second, LagQuery: lagOfTable}
	var c cluster
	for i := range replicas {
		cfg, proxy, server := postgrestest.Proxied(t)
		primary.Replicas.DSNs = append(primary.Replicas.DSNs, cfg.DSN)
		cfg.DSN = config.Secret(server.String())
		pool := postgrestest.Open(t, cfg)
		create(t, pool, fmt.Sprint("replica ", i+1))
		c.replicas, c.proxies = append(c.replicas, pool), append(c.proxies, proxy)
	}
	for _, fn := range change {
		fn(&primary)
	}
	require.NoError(t, primary.Validate())
	var err error
	c.Router, err = replica.Open(t.Context(), primary, "test")
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func create(t *testing.T, db *pgxpool.Pool, name string) {
	t.Helper()
	_, err := db.Exec(t.Context(), "CREATE TABLE me AS SELECT '"+name+"' AS name; CREATE TABLE lag AS SELECT 0::float8 AS seconds")
	require.NoError(t, err)
}

func (c cluster) setLag(t *testing.T, replica int, seconds string) {
	t.Helper()
	_, err := c.replicas[replica-1].Exec(t.Context(), "UPDATE lag SET seconds = "+seconds)
	require.NoError(t, err)
}

func who(ctx context.Context, db *pgxpool.Pool) (name string, err error) {
	err = db.QueryRow(ctx, "SELECT name FROM me").Scan(&name)
	return name, err
}

// readers returns the names of those who answer the next n reads.
func (c cluster) readers(ctx context.Context, t *testing.T, n int) (names []string) {
	t.Helper()
	for range n {
		name, err := who(ctx, c.Reader(ctx))
		require.NoError(t, err)
		names = append(names, name)
	}
	return names
}

func TestReadsTakeTurnsAmongHealthyReplicas(t *testing.T) {
	c, ctx := newCluster(t, 2), t.Context()
	require.Equal(t, []string{"primary"}, c.readers(ctx, t, 1), "nobody has asked the replicas yet")
	require.NoError(t, c.Check(ctx))
	got := c.readers(ctx, t, 4)
	require.ElementsMatch(t, []string{"replica 1", "replica 2", "replica 1", "replica 2"}, got)
	require.NotEqual(t, got[0], got[1])

	c.setLag(t, 1, "1.5")
	require.ErrorContains(t, c.Check(ctx), "replica 1: is behind by 1.5 s, allowed are 1s")
	require.Equal(t, []string{"replica 2", "replica 2"}, c.readers(ctx, t, 2))
	for _, lag := range []string{"NULL", "'NaN'", "'Infinity'"} {
		c.setLag(t, 2, lag)
		require.ErrorContains(t, c.Check(ctx), "replica 2: is behind", "%s is unknown", lag)
	}
	require.Equal(t, []string{"primary"}, c.readers(ctx, t, 1))

	c.setLag(t, 1, "-0.1") // its clock is ahead
	c.setLag(t, 2, "1")
	require.NoError(t, c.Check(ctx))
	require.NotContains(t, c.readers(ctx, t, 4), "primary")
}

func TestReadsFollowTheRequest(t *testing.T) {
	c := newCluster(t, 1)
	require.NoError(t, c.Check(t.Context()))
	require.Equal(t, []string{"primary"}, c.readers(replica.WithPrimary(t.Context()), t, 1))

	write := map[string]func(ctx context.Context) error{
		"writer": func(ctx context.Context) error {
			_, err := c.Writer(ctx).Exec(ctx, "UPDATE lag SET seconds = 0")
			return err
		},
		"transaction": func(ctx context.Context) error {
			return c.InTx(ctx, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE lag SET seconds = 0")
				return err
			}, postgres.RepeatableRead())
		},
	}
	for name, fn := range write {
		t.Run(name, func(t *testing.T) {
			request, other := replica.TrackWrites(t.Context()), replica.TrackWrites(t.Context())
			require.Equal(t, []string{"replica 1"}, c.readers(request, t, 1))
			require.NoError(t, fn(request))
			require.Equal(t, []string{"primary"}, c.readers(request, t, 1), "a request sees its own writes")
			require.Equal(t, []string{"replica 1"}, c.readers(other, t, 1), "others do not care")
		})
	}
	require.NoError(t, write["writer"](t.Context()))
	require.Equal(t, []string{"replica 1"}, c.readers(t.Context(), t, 1), "nothing is tracked here")
}

func TestReadGoesOnWithThePrimaryWhenAReplicaBreaksOff(t *testing.T) {
	c, ctx := newCluster(t, 1), t.Context()
	require.NoError(t, c.Check(ctx))
	var names []string
	read := func(db *pgxpool.Pool) error {
		name, err := who(ctx, db)
		names = append(names, name)
		return postgres.Translate(err)
	}
	require.NoError(t, c.Read(ctx, read))
	c.proxies[0].Cut()
	require.NoError(t, c.Read(ctx, read))
	require.NoError(t, c.Read(ctx, read))
	require.Equal(t, []string{"replica 1", "", "primary", "primary"}, names, "one failure is enough")

	require.ErrorContains(t, c.Check(ctx), "replica 1: ask for lag")
	c.proxies[0].Restore(t)
	require.NoError(t, c.Check(ctx))
	require.NoError(t, c.Read(ctx, read))
	require.Equal(t, "replica 1", names[len(names)-1])
}

func TestReadDoesNotRepeatWhatFailsAnywhere(t *testing.T) {
	c := newCluster(t, 1)
	require.NoError(t, c.Check(t.Context()))
	runs, refused := 0, errors.New("not allowed")
	require.ErrorIs(t, c.Read(t.Context(), func(*pgxpool.Pool) error { runs++; return refused }), refused)
	require.Equal(t, 1, runs)

	ctx, cancel := context.WithCancel(t.Context())
	err := c.Read(ctx, func(db *pgxpool.Pool) error {
		cancel()
		_, err := who(ctx, db)
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"replica 1"}, c.readers(t.Context(), t, 1), "the caller gave up, not the replica")
}

// That the replay of the primary's changes cancels a statement is simulated.
func TestReadAvoidsConflictsWithReplay(t *testing.T) {
	c := newCluster(t, 1)
	require.NoError(t, c.Check(t.Context()))
	runs := 0
	require.NoError(t, c.Read(t.Context(), func(db *pgxpool.Pool) error {
		if runs++; runs > 1 {
			return nil
		}
		_, err := db.Exec(t.Context(), "DO $$ BEGIN RAISE serialization_failure; END $$")
		return err
	}))
	require.Equal(t, 2, runs)
	require.Equal(t, []string{"replica 1"}, c.readers(t.Context(), t, 1), "it is well otherwise")
}

func TestReplicasRefuseWrites(t *testing.T) {
	c := newCluster(t, 1)
	require.NoError(t, c.Check(t.Context()))
	_, err := c.Reader(t.Context()).Exec(t.Context(), "UPDATE lag SET seconds = 7")
	require.ErrorContains(t, err, "25006")
}

func TestABusyReplicaStaysInUse(t *testing.T) {
	c := newCluster(t, 1, func(cfg *postgres.Config) {
		cfg.MaxConns, cfg.Replicas.CheckInterval = 1, 50*time.Millisecond
	})
	testkit.Eventually(t, patience, func() error { return c.Check(t.Context()) })
	conn, err := c.Reader(t.Context()).Acquire(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Check(t.Context()))
	conn.Release()
	require.Equal(t, []string{"replica 1"}, c.readers(t.Context(), t, 1))
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) has(count int, text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if got := strings.Count(l.buf.String(), text); got != count {
		return fmt.Errorf("%d times %q in %s", got, text, l.buf.String())
	}
	return nil
}

func TestWatchChecksAndLogsChangesOnly(t *testing.T) {
	// A replica must answer within the interval, also on a machine that is busy.
	c := newCluster(t, 1, func(cfg *postgres.Config) { cfg.Replicas.CheckInterval = 300 * time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	done, log := make(chan error, 1), &lines{}
	go func() { done <- c.Watch(ctx, slog.New(slog.NewTextHandler(log, nil))) }()
	until := func(count int, text string) {
		testkit.Eventually(t, patience, func() error { return log.has(count, text) })
	}
	until(1, `msg="replicas are read from" healthy=1`)
	c.setLag(t, 1, "60")
	until(1, `msg="some replicas are not read from" healthy=0`)
	testkit.Eventually(t, patience, func() error {
		if readers := c.readers(ctx, t, 1); readers[0] != "primary" {
			return fmt.Errorf("read from %v", readers)
		}
		return nil
	})
	c.setLag(t, 1, "0")
	until(2, `msg="replicas are read from" healthy=1`)
	cancel()
	require.NoError(t, <-done)
}

func TestARouterWithoutReplicasIsThePrimary(t *testing.T) {
	c := newCluster(t, 0)
	require.NoError(t, c.Check(t.Context()))
	require.Equal(t, []string{"primary"}, c.readers(t.Context(), t, 1))
	require.NoError(t, c.Read(t.Context(), func(db *pgxpool.Pool) error {
		require.Same(t, c.Primary(), db)
		return nil
	}))
}

// A server that is not in recovery is never behind: so is a promoted replica.
func TestTheDefaultLagQueryRunsOnAPrimary(t *testing.T) {
	c := newCluster(t, 1, func(cfg *postgres.Config) { cfg.Replicas.LagQuery = "" })
	require.NoError(t, c.Check(t.Context()))
}

func TestOpenRouterNeverQuotesADSN(t *testing.T) {
	cfg := valid()
	cfg.Replicas.DSNs = []config.Secret{"postgres://app:hunter2@a/app", "postgres://app:hunter2@local host:x/app"}
	_, err := replica.Open(t.Context(), cfg, "test")
	require.EqualError(t, err, "postgres.replicas.dsns: number 2 cannot be parsed")
	cfg.DSN = cfg.Replicas.DSNs[1]
	_, err = replica.Open(t.Context(), cfg, "test")
	require.EqualError(t, err, "postgres.dsn cannot be parsed")
}

func TestRouterMetrics(t *testing.T) {
	c, ctx := newCluster(t, 1), t.Context()
	c.readers(ctx, t, 1)
	require.NoError(t, c.Check(ctx))
	c.readers(ctx, t, 2)
	c.readers(replica.WithPrimary(ctx), t, 1)
	c.setLag(t, 1, "2.5")
	require.Error(t, c.Check(ctx))
	require.NoError(t, c.InTx(ctx, func(pgx.Tx) error { return nil }))
	require.NoError(t, testutil.CollectAndCompare(c.Router, strings.NewReader(`
# HELP postgres_reads_total Reads by route: replica, primary when there are no replicas, primary_pinned when the request demands it, primary_fallback when no replica is healthy, primary_retried when a replica broke off.
# TYPE postgres_reads_total counter
postgres_reads_total{route="primary"} 0
postgres_reads_total{route="primary_fallback"} 1
postgres_reads_total{route="primary_pinned"} 1
postgres_reads_total{route="primary_retried"} 0
postgres_reads_total{route="replica"} 2
# HELP postgres_replica_healthy 1 while the replica is read from.
# TYPE postgres_replica_healthy gauge
postgres_replica_healthy{pool="replica_1"} 0
# HELP postgres_replica_lag_seconds How far the replica was behind when it was last asked.
# TYPE postgres_replica_lag_seconds gauge
postgres_replica_lag_seconds{pool="replica_1"} 2.5
# HELP postgres_transactions_total Transactions by outcome: committed, rolled_back, or gave_up when no attempts were left.
# TYPE postgres_transactions_total counter
postgres_transactions_total{outcome="committed"} 1
postgres_transactions_total{outcome="gave_up"} 0
postgres_transactions_total{outcome="rolled_back"} 0
# HELP postgres_pool_max_connections Size of the pool.
# TYPE postgres_pool_max_connections gauge
postgres_pool_max_connections{pool="primary"} 8
postgres_pool_max_connections{pool="replica_1"} 8
`), "postgres_reads_total", "postgres_replica_healthy", "postgres_replica_lag_seconds",
		"postgres_transactions_total", "postgres_pool_max_connections"))
	problems, err := testutil.CollectAndLint(c.Router)
	require.NoError(t, err)
	require.Empty(t, problems)
}
