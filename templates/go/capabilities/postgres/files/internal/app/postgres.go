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
	"goldpath.local/service/pkg/postgres/replica"
)

// database is what everything in the database shares: a pool of the primary.
type database struct {
	pool *pgxpool.Pool
}

// wirePostgres adds the database, and its replicas if there are any. A database that
// is down makes the service unready, not dead: it recovers without a restart. Without
// a replica the service goes on, with the primary alone.
func (a *App) wirePostgres(ctx context.Context) (*replica.Router, error) {
	var opts []postgres.Option
	if a.telemetry.Enabled() {
		opts = append(opts, postgres.WithTracing(a.telemetry.TracerProvider()))
	}
	router, err := replica.Open(context.WithoutCancel(ctx), a.cfg.Postgres, a.cfg.Service.Name, opts...)
	if err != nil {
		return nil, err
	}
	a.pool = router.Primary()
	a.registry.MustRegister(router)
	a.probes.Register("postgres", postgres.ReachableCheck(a.pool))
	a.probes.Register("schema", migrate.Check(a.pool, migrations.Files))
	a.group.Add(lifecycle.Component{
		Name: "postgres",
		Stop: func(context.Context) error {
			router.Close()
			return nil
		},
	})
	if len(a.cfg.Postgres.Replicas.DSNs) > 0 {
		a.watchReplicas(router)
	}
	return router, nil
}

// watchReplicas keeps asking which replicas may be read from.
func (a *App) watchReplicas(router *replica.Router) {
	a.probes.RegisterOptional("replicas", router.Check)
	a.group.Add(lifecycle.Background("replicas", func(ctx context.Context) error {
		return router.Watch(ctx, a.log)
	}, a.group.Fail))
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
