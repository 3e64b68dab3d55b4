// Package postgres connects the service to PostgreSQL: pool, transactions,
// read replicas, migrations and the translation of database errors.
package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"goldpath.local/service/pkg/config"
)

// Config says how to reach the database and how much of it to use.
type Config struct {
	// DSN is a connection URI or key/value string, with the password in it.
	// Several hosts and target_session_attrs=read-write follow a failover:
	// postgres://app@a,b/app?target_session_attrs=read-write connects to the
	// first host that takes writes.
	DSN config.Secret `mapstructure:"dsn"`
	// MaxConns bounds the pool. All instances of the service together must stay
	// below the server's max_connections.
	MaxConns int32 `mapstructure:"max_conns"`
	// MinConns are kept open, idle or not.
	MinConns int32 `mapstructure:"min_conns"`
	// MinIdleConns are kept idle beyond those at work, so that a burst does not
	// wait for connections to be made.
	MinIdleConns int32 `mapstructure:"min_idle_conns"`
	// MaxConnLifetime ends connections so that they follow a failover.
	MaxConnLifetime time.Duration `mapstructure:"max_conn_lifetime"`
	// MaxConnLifetimeJitter is the greatest random time by which a connection
	// lives longer, so that not all end at once; 0 is a tenth of the lifetime.
	MaxConnLifetimeJitter time.Duration `mapstructure:"max_conn_lifetime_jitter"`
	// MaxConnIdleTime ends connections beyond the minimum that nothing has used
	// for so long; 0 is 30 minutes.
	MaxConnIdleTime time.Duration `mapstructure:"max_conn_idle_time"`
	// HealthCheckPeriod is how often idle connections are closed and missing
	// ones made; 0 is one minute.
	HealthCheckPeriod time.Duration `mapstructure:"health_check_period"`
	// ConnectTimeout bounds one attempt to connect, and the check of an idle
	// connection before it is used.
	ConnectTimeout time.Duration `mapstructure:"connect_timeout"`
	// StatementTimeout makes the server give up on a statement; 0 leaves the
	// server's own limit.
	StatementTimeout time.Duration `mapstructure:"statement_timeout"`
	// QueryExecMode is how statements are run. cache_statement prepares each
	// once per connection and is the default. PgBouncer in transaction mode needs
	// version 1.21 and max_prepared_statements for it; an older one needs exec,
	// which prepares nothing and infers types from the arguments. cache_describe
	// and describe_exec lie in between.
	QueryExecMode string `mapstructure:"query_exec_mode"`
	// Replicas are copies of the database that a replica.Router reads from.
	Replicas Replicas `mapstructure:"replicas"`
}

// Replicas says where the read replicas are and when one may be read from.
type Replicas struct {
	// DSNs name one replica each, with one host; in an environment variable or
	// a file they are parted by commas. Pools are as large as that of the primary.
	DSNs []config.Secret `mapstructure:"dsns"`
	// MaxLag is how far a replica may be behind the primary and still be read
	// from; 0 asks only whether it answers.
	MaxLag time.Duration `mapstructure:"max_lag"`
	// CheckInterval is how often the replicas are asked; 0 is 5 seconds. Each
	// must answer within it.
	CheckInterval time.Duration `mapstructure:"check_interval"`
	// LagQuery replaces the question for the lag. It returns one float8, in
	// seconds; NULL means unknown, which is too much. The default compares the
	// last replayed commit with the clock and works for streaming replication; a
	// service whose replicas are made otherwise reads a heartbeat table.
	LagQuery string `mapstructure:"lag_query"`
}

const (
	defaultIdleTime     = 30 * time.Minute
	defaultHealthPeriod = time.Minute
)

// Validate reports what would make Open fail or the pool useless.
func (c Config) Validate() error {
	errs := []error{
		require(c.DSN != "", "postgres.dsn is required"),
		require(c.MaxConns >= 1, "postgres.max_conns must be at least 1"),
		require(0 <= c.MinConns && c.MinConns <= c.MaxConns, "postgres.min_conns must be between 0 and max_conns"),
		require(0 <= c.MinIdleConns && c.MinIdleConns <= c.MaxConns, "postgres.min_idle_conns must be between 0 and max_conns"),
		require(c.ConnectTimeout > 0 && c.MaxConnLifetime > 0 && c.StatementTimeout >= 0, "postgres timeouts must be positive"),
		require(c.MaxConnLifetimeJitter >= 0 && c.MaxConnIdleTime >= 0 && c.HealthCheckPeriod >= 0,
			"postgres.max_conn_lifetime_jitter, max_conn_idle_time and health_check_period must not be negative"),
		c.Replicas.validate(),
	}
	_, err := parseExecMode(c.QueryExecMode)
	return errors.Join(append(errs, err)...)
}

func (r Replicas) validate() error {
	errs := []error{
		require(r.MaxLag >= 0 && r.CheckInterval >= 0, "postgres.replicas: max_lag and check_interval must not be negative"),
	}
	for i, dsn := range r.DSNs {
		errs = append(errs, require(dsn != "", fmt.Sprintf("postgres.replicas.dsns: number %d is empty", i+1)))
	}
	return errors.Join(errs...)
}

// parseExecMode returns 0 for "", which leaves what the DSN says. The simple
// protocol is not offered: it puts arguments into the text of the statement.
func parseExecMode(name string) (pgx.QueryExecMode, error) {
	switch name {
	case "":
		return 0, nil
	case "cache_statement":
		return pgx.QueryExecModeCacheStatement, nil
	case "cache_describe":
		return pgx.QueryExecModeCacheDescribe, nil
	case "describe_exec":
		return pgx.QueryExecModeDescribeExec, nil
	case "exec":
		return pgx.QueryExecModeExec, nil
	default:
		return 0, errors.New("postgres.query_exec_mode must be cache_statement, cache_describe, describe_exec or exec")
	}
}

func require(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
