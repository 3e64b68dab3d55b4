package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/postgres"
)

func valid() postgres.Config {
	return postgres.Config{
		DSN: "postgres://app:hunter2@localhost/app", MaxConns: 4,
		MaxConnLifetime: time.Hour, ConnectTimeout: time.Second, StatementTimeout: time.Second,
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	require.NoError(t, valid().Validate())
	err := postgres.Config{
		MinConns: 1, MinIdleConns: 1, HealthCheckPeriod: -1, QueryExecMode: "simple_protocol",
		Replicas: postgres.Replicas{DSNs: []config.Secret{"x", ""}, MaxLag: -1},
	}.Validate()
	for _, part := range []string{
		"dsn is", "max_conns", "min_conns", "min_idle_conns", "timeouts", "health_check_period",
		"query_exec_mode", "max_lag", "replicas.dsns: number 2 is empty",
	} {
		require.ErrorContains(t, err, part)
	}
}

func TestOpenTunesThePool(t *testing.T) {
	cfg := valid()
	cfg.MinConns, cfg.MinIdleConns = 0, 0 // nothing is to be connected
	tests := map[string]struct {
		change                     func(c *postgres.Config)
		jitter, idle, health, ping time.Duration
		mode                       pgx.QueryExecMode
	}{
		"defaults": {
			change: func(*postgres.Config) {},
			jitter: 6 * time.Minute, idle: 30 * time.Minute, health: time.Minute, ping: time.Second,
			mode: pgx.QueryExecModeCacheStatement,
		},
		"all set": {
			change: func(c *postgres.Config) {
				c.MaxConnLifetimeJitter, c.MaxConnIdleTime, c.HealthCheckPeriod = time.Second, 2*time.Second, 3*time.Second
				c.ConnectTimeout, c.QueryExecMode = 4*time.Second, "exec"
			},
			jitter: time.Second, idle: 2 * time.Second, health: 3 * time.Second, ping: 4 * time.Second,
			mode: pgx.QueryExecModeExec,
		},
		"mode of the DSN": {
			change: func(c *postgres.Config) { c.DSN += "?default_query_exec_mode=describe_exec" },
			jitter: 6 * time.Minute, idle: 30 * time.Minute, health: time.Minute, ping: time.Second,
			mode: pgx.QueryExecModeDescribeExec,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := cfg
			tc.change(&cfg)
			require.NoError(t, cfg.Validate())
			pool, err := postgres.Open(t.Context(), cfg, "test")
			require.NoError(t, err)
			defer pool.Close()
			got := pool.Config()
			require.Equal(t, tc.jitter, got.MaxConnLifetimeJitter)
			require.Equal(t, tc.idle, got.MaxConnIdleTime)
			require.Equal(t, tc.health, got.HealthCheckPeriod)
			require.Equal(t, tc.ping, got.PingTimeout)
			require.Equal(t, tc.mode, got.ConnConfig.DefaultQueryExecMode)
			require.Equal(t, "1000", got.ConnConfig.RuntimeParams["statement_timeout"])
		})
	}
}

func TestEveryModeButTheSimpleProtocolIsOffered(t *testing.T) {
	cfg := valid()
	for _, mode := range []string{"", "cache_statement", "cache_describe", "describe_exec", "exec"} {
		cfg.QueryExecMode = mode
		require.NoError(t, cfg.Validate(), mode)
	}
	cfg.QueryExecMode = "simple_protocol"
	require.Error(t, cfg.Validate())
	_, err := postgres.Open(t.Context(), cfg, "test")
	require.ErrorContains(t, err, "query_exec_mode")
}

func TestOpenNeverQuotesTheDSN(t *testing.T) {
	cfg := valid()
	cfg.DSN = "postgres://app:hunter2@local host:x/app"
	_, err := postgres.Open(t.Context(), cfg, "test")
	require.ErrorContains(t, err, "postgres.dsn")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestWhatNeverReachedTheDatabaseIsSafeToRetry(t *testing.T) {
	for err, safe := range map[error]bool{&pgconn.ConnectError{Config: &pgconn.Config{}}: true, pgconn.ErrConnClosed: false, io.ErrUnexpectedEOF: false} {
		require.Equal(t, safe, pgconn.SafeToRetry(postgres.Translate(fmt.Errorf("query: %w", err))), err)
	}
}

func TestTranslate(t *testing.T) {
	code := func(code string) error { return &pgconn.PgError{Code: code} }
	tests := map[string]struct {
		err  error
		want apierror.Kind
	}{
		"duplicate":     {code("23505"), apierror.Conflict},
		"serialization": {code("40001"), apierror.Conflict},
		"canceled":      {code("57014"), apierror.Timeout},
		"shutdown":      {code("57P01"), apierror.Unavailable},
		"too many":      {code("53300"), apierror.Unavailable},
		"standby":       {code("25006"), apierror.Unavailable},
		"connection":    {code("08006"), apierror.Unavailable},
		"wrong login":   {&pgconn.ConnectError{Config: &pgconn.Config{}}, apierror.Unavailable},
		"cut":           {io.ErrUnexpectedEOF, apierror.Unavailable},
		"closed":        {pgconn.ErrConnClosed, apierror.Unavailable},
		"network":       {&net.OpError{Op: "dial", Err: errors.New("refused")}, apierror.Unavailable},
		"syntax":        {code("42601"), apierror.Internal},
		"deadline":      {context.DeadlineExceeded, apierror.Timeout},
		"typed":         {apierror.New(apierror.NotFound, "X", "x"), apierror.NotFound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := postgres.Translate(fmt.Errorf("query: %w", tc.err))
			require.Equal(t, tc.want, apierror.From(got).Kind)
			require.ErrorIs(t, got, tc.err, "the cause is kept for the log")
		})
	}
	require.NoError(t, postgres.Translate(nil))
}
