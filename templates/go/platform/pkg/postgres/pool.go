package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/trace"
)

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

// Open returns a pool that connects when it is first used. The application is
// the name that the server shows for its connections. The caller closes the pool.
func Open(ctx context.Context, cfg Config, application string, opts ...Option) (*pgxpool.Pool, error) {
	parsed, err := pgxpool.ParseConfig(cfg.DSN.Reveal())
	if err != nil {
		// The parser's error may quote the DSN, and with it the password.
		return nil, errors.New("postgres.dsn cannot be parsed")
	}
	if err := tune(parsed, cfg, application); err != nil {
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

func tune(parsed *pgxpool.Config, cfg Config, application string) error {
	mode, err := parseExecMode(cfg.QueryExecMode)
	if err != nil {
		return err
	}
	parsed.MaxConns = cfg.MaxConns
	parsed.MinConns = cfg.MinConns
	parsed.MinIdleConns = cfg.MinIdleConns
	parsed.MaxConnLifetime = cfg.MaxConnLifetime
	parsed.MaxConnLifetimeJitter = cmp.Or(cfg.MaxConnLifetimeJitter, cfg.MaxConnLifetime/10)
	parsed.MaxConnIdleTime = cmp.Or(cfg.MaxConnIdleTime, defaultIdleTime)
	parsed.HealthCheckPeriod = cmp.Or(cfg.HealthCheckPeriod, defaultHealthPeriod)
	parsed.PingTimeout = cfg.ConnectTimeout
	parsed.AfterConnect = scanTimesInUTC

	conn := parsed.ConnConfig
	conn.OnPgError = leaveStandby(conn.OnPgError)
	conn.ConnectTimeout = cfg.ConnectTimeout
	conn.DefaultQueryExecMode = cmp.Or(mode, conn.DefaultQueryExecMode)
	conn.RuntimeParams["application_name"] = application
	conn.RuntimeParams["timezone"] = "UTC"
	if cfg.StatementTimeout > 0 {
		conn.RuntimeParams["statement_timeout"] = strconv.FormatInt(cfg.StatementTimeout.Milliseconds(), 10)
	}
	return nil
}

// leaveStandby closes a connection whose server takes no writes: a primary that became
// a standby keeps its connections, and the pool would keep them, too.
func leaveStandby(next pgconn.PgErrorHandler) pgconn.PgErrorHandler {
	return func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		return err.Code != codeReadOnly && next(conn, err)
	}
}

// scanTimesInUTC makes timestamptz columns, and arrays and ranges of them,
// arrive in UTC whatever the local zone of the process is.
func scanTimesInUTC(_ context.Context, conn *pgx.Conn) error {
	element := &pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	}
	span := &pgtype.Type{Name: "tstzrange", OID: pgtype.TstzrangeOID, Codec: &pgtype.RangeCodec{ElementType: element}}
	types := conn.TypeMap()
	types.RegisterType(element)
	types.RegisterType(span)
	types.RegisterType(&pgtype.Type{
		Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: element},
	})
	types.RegisterType(&pgtype.Type{
		Name: "_tstzrange", OID: pgtype.TstzrangeArrayOID, Codec: &pgtype.ArrayCodec{ElementType: span},
	})
	return nil
}
