// Package rediscache connects the service to Redis. What services build on it has
// packages of its own: cache, session and lock.
package rediscache

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.opentelemetry.io/otel/trace"

	"goldpath.local/service/pkg/config"
)

// Config says how to reach Redis and how much of it to use. Every limit has to be
// set: the defaults of the client change between its versions.
type Config struct {
	// URL is redis://user:password@host:port/database, or rediss:// for TLS with
	// the certificate authorities of the system. It takes no parameters.
	URL config.Secret `mapstructure:"url"`
	// PoolSize bounds the connections of this instance.
	PoolSize int `mapstructure:"pool_size"`
	// PoolTimeout bounds the wait for a connection while all are at work.
	PoolTimeout time.Duration `mapstructure:"pool_timeout"`
	// DialTimeout bounds one attempt to connect, with TLS.
	DialTimeout time.Duration `mapstructure:"dial_timeout"`
	// ReadTimeout bounds the wait for the answer to a command.
	ReadTimeout time.Duration `mapstructure:"read_timeout"`
	// WriteTimeout bounds sending a command.
	WriteTimeout time.Duration `mapstructure:"write_timeout"`
}

// Validate reports what would make Open fail or the client useless.
func (c Config) Validate() error {
	var errs []error
	if err := validateURL(c.URL); err != nil {
		errs = append(errs, err)
	}
	if c.PoolSize < 1 {
		errs = append(errs, errors.New("redis.pool_size must be at least 1"))
	}
	if min(c.PoolTimeout, c.DialTimeout, c.ReadTimeout, c.WriteTimeout) <= 0 {
		errs = append(errs, errors.New("redis timeouts must be positive"))
	}
	return errors.Join(errs...)
}

// validateURL refuses what ParseURL would take but an operator should not write:
// parameters would silently compete with the other fields, and one of them
// switches the check of certificates off.
func validateURL(secret config.Secret) error {
	if secret == "" {
		return errors.New("redis.url is required")
	}
	parsed, err := url.Parse(secret.Reveal())
	if err != nil {
		// The parser's error quotes the URL, and with it the password.
		return errors.New("redis.url cannot be parsed")
	}
	if parsed.Scheme != "redis" && parsed.Scheme != "rediss" {
		return errors.New("redis.url must begin with redis:// or rediss://")
	}
	if parsed.RawQuery != "" {
		return errors.New("redis.url takes no parameters: set the other fields")
	}
	return nil
}

// Option changes what Open makes.
type Option func(*settings)

type settings struct {
	client *redis.Options
	tracer trace.TracerProvider // nil means no tracing
}

// WithTracing gives every command a span within the span of its context. Commands
// outside of any span, such as those of probes, get none. Names of commands are
// recorded, keys and values are not.
func WithTracing(provider trace.TracerProvider) Option {
	return func(s *settings) { s.tracer = provider }
}

// WithClientName names the connections, for the command CLIENT LIST.
func WithClientName(name string) Option {
	return func(s *settings) { s.client.ClientName = name }
}

// Open returns a client that connects when it is first used. The caller closes it.
//
// A command is tried once: scripts that count or lock must not take effect twice,
// and whoever can do without Redis should not wait for it twice. The deadline of
// a command's context is kept; its cancellation is noticed between steps only.
func Open(cfg Config, opts ...Option) (*redis.Client, error) {
	options, err := clientOptions(cfg)
	if err != nil {
		return nil, err
	}
	set := settings{client: options}
	for _, opt := range opts {
		opt(&set)
	}
	client := redis.NewClient(set.client)
	if set.tracer == nil {
		return client, nil
	}
	if err := instrument(client, set.tracer); err != nil {
		return nil, errors.Join(fmt.Errorf("trace redis: %w", err), client.Close())
	}
	return client, nil
}

func clientOptions(cfg Config) (*redis.Options, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	options, err := redis.ParseURL(cfg.URL.Reveal())
	if err != nil {
		return nil, errors.New("redis.url cannot be parsed")
	}
	options.PoolSize = cfg.PoolSize
	options.PoolTimeout = cfg.PoolTimeout
	options.DialTimeout = cfg.DialTimeout
	options.ReadTimeout = cfg.ReadTimeout
	options.WriteTimeout = cfg.WriteTimeout
	options.ContextTimeoutEnabled = true
	options.MaxRetries = -1
	options.DialerRetries = 1
	// Notices of planned maintenance come from one vendor's servers only. Without a
	// type of endpoint, even a client that wants none would resolve its host here.
	options.MaintNotificationsConfig = &maintnotifications.Config{
		Mode:         maintnotifications.ModeDisabled,
		EndpointType: maintnotifications.EndpointTypeNone,
	}
	return options, nil
}
