// Package postgres connects the service to PostgreSQL: pool, transactions,
// migrations and the translation of database errors.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/config"
)

// Config says how to reach the database and how much of it to use.
type Config struct {
	// DSN is a connection URI or key/value string, with the password in it.
	DSN config.Secret `mapstructure:"dsn"`
	// MaxConns bounds the pool. All replicas together must stay below the
	// server's max_connections.
	MaxConns int32 `mapstructure:"max_conns"`
	// MinConns are kept open while idle.
	MinConns int32 `mapstructure:"min_conns"`
	// MaxConnLifetime ends connections so that they follow a failover.
	MaxConnLifetime time.Duration `mapstructure:"max_conn_lifetime"`
	// ConnectTimeout bounds one attempt to connect.
	ConnectTimeout time.Duration `mapstructure:"connect_timeout"`
	// StatementTimeout makes the server give up on a statement; 0 leaves the
	// server's own limit.
	StatementTimeout time.Duration `mapstructure:"statement_timeout"`
}

// Validate reports what would make Open fail or the pool useless.
func (c Config) Validate() error {
	var errs []error
	if c.DSN == "" {
		errs = append(errs, errors.New("postgres.dsn is required"))
	}
	if c.MaxConns < 1 {
		errs = append(errs, errors.New("postgres.max_conns must be at least 1"))
	}
	if c.MinConns < 0 || c.MinConns > c.MaxConns {
		errs = append(errs, errors.New("postgres.min_conns must be between 0 and max_conns"))
	}
	if c.ConnectTimeout <= 0 || c.MaxConnLifetime <= 0 || c.StatementTimeout < 0 {
		errs = append(errs, errors.New("postgres timeouts must be positive"))
	}
	return errors.Join(errs...)
}

// Option changes what Open makes.
type Option func(*pgxpool.Config)

// WithTracing gives every statement a span within the span of its context.
// Statements outside of any span, such as those of probes, get none. The text of
// a statement is recorded, its arguments are not.
func WithTracing(provider trace.TracerProvider) Option {
	return func(cfg *pgxpool.Config) {
		cfg.ConnConfig.Tracer = otelpgx.NewTracer(
			otelpgx.WithTracerProvider(provider),
			otelpgx.WithTrimSQLInSpanName(),
			otelpgx.WithDisableQuerySpanNamePrefix(),
		)
	}
}

// Open returns a pool that connects when it is first used. The caller closes it.
func Open(ctx context.Context, cfg Config, application string, opts ...Option) (*pgxpool.Pool, error) {
	parsed, err := poolConfig(cfg, application)
	if err != nil {
		return nil, err
	}
	for _, opt := range opts {
		opt(parsed)
	}
	pool, err := pgxpool.NewWithConfig(ctx, parsed)
	if err != nil {
		return nil, fmt.Errorf("create pool: %w", err)
	}
	return pool, nil
}

func poolConfig(cfg Config, application string) (*pgxpool.Config, error) {
	parsed, err := pgxpool.ParseConfig(cfg.DSN.Reveal())
	if err != nil {
		// The parser's error may quote the DSN, and with it the password.
		return nil, errors.New("postgres.dsn cannot be parsed")
	}
	parsed.MaxConns = cfg.MaxConns
	parsed.MinConns = cfg.MinConns
	parsed.MaxConnLifetime = cfg.MaxConnLifetime
	parsed.MaxConnLifetimeJitter = cfg.MaxConnLifetime / 10
	parsed.ConnConfig.ConnectTimeout = cfg.ConnectTimeout
	parsed.ConnConfig.RuntimeParams["application_name"] = application
	parsed.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if cfg.StatementTimeout > 0 {
		parsed.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(cfg.StatementTimeout.Milliseconds(), 10)
	}
	parsed.AfterConnect = scanTimesInUTC
	return parsed, nil
}

// scanTimesInUTC makes timestamptz columns arrive in UTC whatever the local
// zone of the process is.
func scanTimesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
