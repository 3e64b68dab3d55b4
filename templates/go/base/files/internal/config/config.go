// Package config is what can be set, what the defaults are, and what is refused.
package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/logging"
	"goldpath.local/service/pkg/telemetry"
)

// EnvPrefix starts every environment variable: http.addr is APP_HTTP_ADDR.
const EnvPrefix = "APP"

// local is the environment of a developer's machine.
const local = "local"

// Config is the whole configuration. It is a value and never changes; see Store
// for how the dynamic section is replaced at run time.
type Config struct {
	// Service says what this is, for logs and traces.
	Service Service `mapstructure:"service"`
	//% if cookiecutter.http == "yes"
	// HTTP is the port of the APIs over HTTP.
	HTTP HTTP `mapstructure:"http"`
	//% endif
	//% if cookiecutter.rest == "yes"
	// REST is the REST API.
	REST REST `mapstructure:"rest"`
	//% endif
	//% if cookiecutter.graphql == "yes"
	// GraphQL is the GraphQL API.
	GraphQL GraphQL `mapstructure:"graphql"`
	//% endif
	//% if cookiecutter.grpc == "yes"
	// GRPC is the port of the gRPC API.
	GRPC GRPC `mapstructure:"grpc"`
	//% endif
	//% if cookiecutter.jwt == "yes"
	// Auth says whose tokens are accepted.
	Auth Auth `mapstructure:"auth"`
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	// RateLimit says how often callers may call.
	RateLimit RateLimit `mapstructure:"ratelimit"`
	//% endif
	// Admin is the port of probes, metrics and profiles.
	Admin httpserver.Config `mapstructure:"admin"`
	// Log chooses the log backend.
	Log Log `mapstructure:"log"`
	// Telemetry says how much is traced. Where spans go is said by the standard
	// variables of OpenTelemetry.
	Telemetry telemetry.Config `mapstructure:"telemetry"`
	// Lifecycle bounds start and stop.
	Lifecycle Lifecycle `mapstructure:"lifecycle"`
	//% if cookiecutter.postgres == "yes"
	// Postgres is the database.
	Postgres Postgres `mapstructure:"postgres"`
	//% endif
	//% if cookiecutter.redis == "yes"
	// Redis is the cache that all instances share.
	Redis Redis `mapstructure:"redis"`
	//% endif
	//% if cookiecutter.crypto == "yes"
	// Crypto holds the keys that fields are encrypted under.
	Crypto Crypto `mapstructure:"crypto"`
	//% endif
	// Dynamic is the only section that a reload may change.
	Dynamic Dynamic `mapstructure:"dynamic"`
}

// Service identifies the running service.
type Service struct {
	// Name is the name in the catalog.
	Name string `mapstructure:"name"`
	// Environment is where it runs, e.g. local, staging or production.
	Environment string `mapstructure:"environment"`
}

// Log configures logging.
type Log struct {
	// Backend is logrus or zap.
	Backend string `mapstructure:"backend"`
}

// Lifecycle bounds the phases of the process.
type Lifecycle struct {
	// StartTimeout bounds the start of all components together.
	StartTimeout time.Duration `mapstructure:"start_timeout"`
	// DrainDelay is how long the service goes on after it was told to stop,
	// until load balancers have noticed.
	DrainDelay time.Duration `mapstructure:"drain_delay"`
	// StopTimeout bounds the stop of all components together. Drain delay and
	// stop timeout must fit into terminationGracePeriodSeconds.
	StopTimeout time.Duration `mapstructure:"stop_timeout"`
	// ProbeTimeout bounds the checks behind one readiness probe.
	ProbeTimeout time.Duration `mapstructure:"probe_timeout"`
	// ReloadInterval is how often the configuration is read again; 0 is never.
	ReloadInterval time.Duration `mapstructure:"reload_interval"`
}

// Dynamic may change while the service runs.
type Dynamic struct {
	// LogLevel is debug, info, warn or error.
	LogLevel string `mapstructure:"log_level"`
	//% if cookiecutter.rbac == "yes"
	// Roles says what callers may do, by the roles of their tokens.
	Roles Roles `mapstructure:"roles"`
	//% endif
}

// Default returns the configuration of a developer's machine.
func Default() Config {
	cfg := Config{
		Service: Service{Name: "[[= cookiecutter.name ]]", Environment: local},
		Admin:   serverDefaults(":9090"),
		Log:     Log{Backend: logging.Logrus},
		Telemetry: telemetry.Config{
			SampleRatio:  1,
			FlushTimeout: 3 * time.Second,
		},
		Lifecycle: Lifecycle{
			StartTimeout:   30 * time.Second,
			DrainDelay:     0,
			StopTimeout:    20 * time.Second,
			ProbeTimeout:   time.Second,
			ReloadInterval: 5 * time.Second,
		},
		Dynamic: Dynamic{LogLevel: "info"},
	}
	//% if cookiecutter.logger == "zap"
	cfg.Log.Backend = logging.Zap
	//% endif
	//% if cookiecutter.http == "yes"
	cfg.HTTP = defaultHTTP()
	//% endif
	//% if cookiecutter.rest == "yes"
	cfg.REST = defaultREST()
	//% endif
	//% if cookiecutter.graphql == "yes"
	cfg.GraphQL = defaultGraphQL()
	//% endif
	//% if cookiecutter.grpc == "yes"
	cfg.GRPC = defaultGRPC()
	//% endif
	//% if cookiecutter.jwt == "yes"
	cfg.Auth = defaultAuth(cfg.Service.Name)
	//% endif
	//% if cookiecutter.rbac == "yes"
	cfg.Dynamic.Roles = defaultRoles()
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	cfg.RateLimit = defaultRateLimit()
	//% endif
	//% if cookiecutter.postgres == "yes"
	cfg.Postgres = defaultPostgres()
	//% endif
	//% if cookiecutter.redis == "yes"
	cfg.Redis = defaultRedis()
	//% endif
	//% if cookiecutter.crypto == "yes"
	cfg.Crypto = defaultCrypto()
	//% endif
	return cfg
}

func serverDefaults(addr string) httpserver.Config {
	return httpserver.Config{
		Addr:              addr,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		// Longer than a request may take; CPU profiles take 30 seconds.
		WriteTimeout:   60 * time.Second,
		IdleTimeout:    120 * time.Second,
		MaxHeaderBytes: 64 << 10,
	}
}

// fileVariable names the configuration file.
const fileVariable = EnvPrefix + "_CONFIG_FILE"

// Load reads and validates the defaults, the file of APP_CONFIG_FILE, and the environment.
func Load() (Config, error) {
	cfg, err := config.Load(Default(), config.Options{EnvPrefix: EnvPrefix, File: os.Getenv(fileVariable)})
	if err != nil {
		return Config{}, err
	}
	return cfg, cfg.Validate()
}

// UnknownEnv returns the environment variables that are named like settings and are none.
func (c Config) UnknownEnv() ([]string, error) {
	unknown, err := config.UnknownEnv(c, EnvPrefix)
	return slices.DeleteFunc(unknown, func(name string) bool { return name == fileVariable }), err
}

// Store holds the configuration in force.
type Store = config.Store[Config]

// NewStore loads the configuration; reloads change the dynamic section only.
func NewStore() (*Store, error) {
	return config.NewStore(Load, func(current, next Config) Config {
		current.Dynamic = next.Dynamic
		return current
	})
}

// Validate returns everything that is wrong with the configuration at once.
func (c Config) Validate() error {
	errs := []error{
		require(c.Service.Name != "", "service.name is required"),
		require(c.Service.Environment != "", "service.environment is required"),
		c.Admin.Validate("admin"),
		require(c.Log.Backend == logging.Logrus || c.Log.Backend == logging.Zap, "log.backend must be logrus or zap"),
		require(c.Lifecycle.StartTimeout > 0, "lifecycle.start_timeout must be positive"),
		require(c.Lifecycle.StopTimeout > 0, "lifecycle.stop_timeout must be positive"),
		require(c.Lifecycle.ProbeTimeout > 0, "lifecycle.probe_timeout must be positive"),
		require(c.Lifecycle.DrainDelay >= 0, "lifecycle.drain_delay must not be negative"),
		require(c.Lifecycle.ReloadInterval >= 0, "lifecycle.reload_interval must not be negative"),
	}
	errs = append(errs, c.Telemetry.Validate())
	if _, err := logging.ParseLevel(c.Dynamic.LogLevel); err != nil {
		errs = append(errs, fmt.Errorf("dynamic.log_level: %w", err))
	}
	//% if cookiecutter.http == "yes"
	errs = append(errs, c.HTTP.Validate())
	//% endif
	//% if cookiecutter.rest == "yes"
	errs = append(errs, c.validateREST())
	//% endif
	//% if cookiecutter.graphql == "yes"
	errs = append(errs, c.validateGraphQL())
	//% endif
	//% if cookiecutter.grpc == "yes"
	errs = append(errs, c.validateGRPC())
	//% endif
	//% if cookiecutter.jwt == "yes"
	errs = append(errs, c.validateAuth())
	//% endif
	//% if cookiecutter.rbac == "yes"
	errs = append(errs, c.validateRoles())
	//% endif
	//% if cookiecutter.ratelimit == "yes"
	errs = append(errs, c.RateLimit.Validate())
	//% endif
	//% if cookiecutter.postgres == "yes"
	errs = append(errs, c.Postgres.Validate())
	//% endif
	//% if cookiecutter.redis == "yes"
	errs = append(errs, c.Redis.Validate())
	//% endif
	//% if cookiecutter.crypto == "yes"
	errs = append(errs, c.validateCrypto())
	//% endif
	return errors.Join(errs...)
}

func require(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
