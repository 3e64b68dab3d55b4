// Package app is the composition root: it builds the service from its
// configuration, top to bottom, and runs it.
package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/pkg/buildinfo"
	"goldpath.local/service/pkg/health"
	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/lifecycle"
	"goldpath.local/service/pkg/metrics"
	"goldpath.local/service/pkg/telemetry"
)

// App is a composed service that has not been started.
type App struct {
	log       *slog.Logger
	cfg       config.Config
	group     *lifecycle.Group
	telemetry *telemetry.Telemetry
	probes    *health.Registry
	registry  *prometheus.Registry
	admin     *httpserver.Server
	useCases  useCases
	configs   *config.Store
	//% if cookiecutter.postgres == "yes"
	// database is the pool that everything in the database shares.
	database
	//% endif
	//% if cookiecutter.redis == "yes"
	// caching is what the service keeps in Redis with.
	caching
	//% endif
	//% if cookiecutter.jwt == "yes"
	// authentication knows whose tokens are accepted.
	authentication
	//% endif
	//% if cookiecutter.rbac == "yes"
	// authorization knows what the roles of callers allow.
	authorization
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	// limits knows how often callers may call.
	limits
	//% endif
	//% if cookiecutter.http == "yes"
	// api is the port of the APIs over HTTP.
	api *httpserver.Server
	//% endif
	//% if cookiecutter.graphql == "yes"
	// graphQL answers operations and holds the streams that are open.
	graphQL
	//% endif
	//% if cookiecutter.grpc == "yes"
	// rpc is the port of the gRPC API.
	rpc
	//% endif
}

// New composes the service. Components start in the order in which they are
// added and stop in reverse: the admin port is up before and down after all that
// does the work, so that probes and metrics tell the whole story; APIs are up
// last and down first. Telemetry stops at the very end and sends what is left.
func New(ctx context.Context, configs *config.Store, log *slog.Logger) (*App, error) {
	tel, err := newTelemetry(ctx, configs.Get(), log)
	if err != nil {
		return nil, fmt.Errorf("set up telemetry: %w", err)
	}
	a := newApp(configs, log, tel)
	if err := a.wireClients(); err != nil {
		return nil, err
	}
	repositories, err := a.wireRepositories(ctx)
	if err != nil {
		return nil, fmt.Errorf("wire repositories: %w", err)
	}
	a.useCases = wireUseCases(repositories)
	return a, a.wireServers()
}

// wireClients adds what the storage and the servers share to call others with.
func (a *App) wireClients() error {
	//% if cookiecutter.redis == "yes"
	if err := a.wireRedis(); err != nil {
		return fmt.Errorf("wire Redis: %w", err)
	}
	//% endif
	return nil
}

// wireServers adds what calls the use cases from outside, after what guards it.
func (a *App) wireServers() error {
	//% if cookiecutter.jwt == "yes"
	if err := a.wireJWT(); err != nil {
		return fmt.Errorf("wire JWT: %w", err)
	}
	//% endif
	//% if cookiecutter.rbac == "yes"
	if err := a.wireRBAC(); err != nil {
		return fmt.Errorf("wire RBAC: %w", err)
	}
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	if err := a.wireRateLimit(); err != nil {
		return fmt.Errorf("wire rate limit: %w", err)
	}
	//% endif
	//% if cookiecutter.http == "yes"
	if err := a.wireHTTP(); err != nil {
		return fmt.Errorf("wire HTTP: %w", err)
	}
	//% endif
	//% if cookiecutter.grpc == "yes"
	if err := a.wireGRPC(); err != nil {
		return fmt.Errorf("wire gRPC: %w", err)
	}
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	if err := a.checkQuotas(); err != nil {
		return err
	}
	//% endif
	return nil
}

// newApp returns a service that can be probed, measured, traced and reconfigured.
func newApp(configs *config.Store, log *slog.Logger, tel *telemetry.Telemetry) *App {
	cfg := configs.Get()
	group := lifecycle.NewGroup(log, lifecycle.Timeouts{
		Start: cfg.Lifecycle.StartTimeout,
		Drain: cfg.Lifecycle.DrainDelay,
		Stop:  cfg.Lifecycle.StopTimeout,
	})
	a := &App{
		log:       log,
		cfg:       cfg,
		group:     group,
		telemetry: tel,
		probes:    health.New(log, group.State, cfg.Lifecycle.ProbeTimeout),
		registry:  metrics.NewRegistry(buildinfo.Read()),
		configs:   configs,
	}
	group.Add(tel.Component())
	a.admin = httpserver.New("admin", cfg.Admin,
		httpserver.NewAdminHandler(a.probes, metrics.Handler(a.registry)), log, group.Fail)
	group.Add(a.admin.Component())
	a.wireConfigWatch()
	return a
}

// Run starts the service and serves until ctx ends or a component fails.
func (a *App) Run(ctx context.Context) error { return a.group.Run(ctx) }

func (a *App) wireConfigWatch() {
	interval := a.cfg.Lifecycle.ReloadInterval
	if interval == 0 {
		return
	}
	a.group.Add(lifecycle.Background("config watch", func(ctx context.Context) error {
		return a.configs.Watch(ctx, interval, a.log)
	}, a.group.Fail))
}
