package app

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5/pgxpool"

	"goldpath.local/service/migrations"
	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/postgres"
	"goldpath.local/service/pkg/postgres/migrate"
)

// database is the pool that everything in the database shares.
type database struct {
	pool *pgxpool.Pool
}

// wirePostgres adds the pool to the service. A database that is down makes the
// service unready, not dead: it recovers without a restart.
func (a *App) wirePostgres(ctx context.Context) (*pgxpool.Pool, error) {
	var opts []postgres.Option
	if a.telemetry.Enabled() {
		opts = append(opts, postgres.WithTracing(a.telemetry.TracerProvider()))
	}
	pool, err := postgres.Open(context.WithoutCancel(ctx), a.cfg.Postgres, a.cfg.Service.Name, opts...)
	if err != nil {
		return nil, err
	}
	a.pool = pool
	a.registry.MustRegister(postgres.NewCollector(pool, nil))
	a.probes.Register("postgres", postgres.ReachableCheck(pool))
	a.probes.Register("schema", migrate.Check(pool, migrations.Files))
	a.group.Add(lifecycle.Component{
		Name: "postgres",
		Stop: func(context.Context) error {
			pool.Close()
			return nil
		},
	})
	return pool, nil
}

// migrateSchema brings the schema up to date and returns.
func migrateSchema(ctx context.Context, stdout io.Writer) (err error) {
	configs, log, err := setup(ctx, stdout)
	if err != nil {
		return err
	}
	cfg := configs.Get()
	// Migrations may take longer than any request is allowed to.
	cfg.Postgres.StatementTimeout = 0
	pool, err := postgres.Open(ctx, cfg.Postgres, cfg.Service.Name+"-migrate")
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := migrate.Up(ctx, pool, migrations.Files, log); err != nil {
		return errors.Join(err, ctx.Err())
	}
	return nil
}
