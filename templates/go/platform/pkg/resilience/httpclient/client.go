// Package httpclient makes HTTP requests by a policy of resilience.
package httpclient

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"goldpath.local/service/pkg/resilience"
)

// Config is an HTTP client for one target.
type Config struct {
	resilience.Config `mapstructure:",squash"`

	// DialTimeout bounds connecting, looking up the name included.
	DialTimeout time.Duration `mapstructure:"dial_timeout"`
	// TLSHandshakeTimeout bounds the handshake that follows.
	TLSHandshakeTimeout time.Duration `mapstructure:"tls_handshake_timeout"`
	// IdleConnTimeout ends connections that nobody uses. It must be shorter than
	// the idle timeout of the target, or requests meet closing connections.
	IdleConnTimeout time.Duration `mapstructure:"idle_conn_timeout"`
	// MaxIdleConnsPerHost are kept for the next request.
	MaxIdleConnsPerHost int `mapstructure:"max_idle_conns_per_host"`
	// MaxConnsPerHost bounds the connections, those whose responses are still
	// being read included. Requests over it wait.
	MaxConnsPerHost int `mapstructure:"max_conns_per_host"`
	// MaxHeaderBytes bounds the headers of a response.
	MaxHeaderBytes int64 `mapstructure:"max_header_bytes"`
	// MaxResponseBytes bounds the body of a response.
	MaxResponseBytes int64 `mapstructure:"max_response_bytes"`
}

// DefaultConfig returns a client for services of one cluster.
func DefaultConfig() Config {
	return Config{
		Config:              resilience.DefaultConfig(),
		DialTimeout:         time.Second,
		TLSHandshakeTimeout: 2 * time.Second,
		IdleConnTimeout:     60 * time.Second,
		MaxIdleConnsPerHost: 32,
		MaxConnsPerHost:     128,
		MaxHeaderBytes:      64 << 10,
		MaxResponseBytes:    10 << 20,
	}
}

// Validate reports everything that makes no sense, with keys relative to the
// section of the configuration that holds the client.
func (c Config) Validate() error {
	return errors.Join(
		c.Config.Validate(),
		check(c.DialTimeout > 0, "dial_timeout must be positive"),
		check(c.TLSHandshakeTimeout > 0, "tls_handshake_timeout must be positive"),
		check(c.IdleConnTimeout > 0, "idle_conn_timeout must be positive"),
		check(c.MaxIdleConnsPerHost > 0, "max_idle_conns_per_host must be positive"),
		check(c.MaxConnsPerHost >= c.MaxIdleConnsPerHost, "max_conns_per_host must not be less than max_idle_conns_per_host"),
		check(c.MaxHeaderBytes > 0, "max_header_bytes must be positive"),
		check(c.MaxResponseBytes > 0, "max_response_bytes must be positive"),
	)
}

// Option changes what New makes.
type Option func(*options)

type options struct {
	trace  func(http.RoundTripper) http.RoundTripper
	tls    *tls.Config
	policy []resilience.Option
}

// WithTracing wraps what sends every single attempt; pass the Transport method
// of telemetry.Telemetry. Each attempt becomes a span, as the conventions of
// OpenTelemetry for HTTP want.
func WithTracing(wrap func(base http.RoundTripper) http.RoundTripper) Option {
	return func(o *options) { o.trace = wrap }
}

// WithTLS sets roots and client certificates.
func WithTLS(cfg *tls.Config) Option {
	return func(o *options) { o.tls = cfg }
}

// WithPolicyOptions passes options on to resilience.NewPolicy.
func WithPolicyOptions(opts ...resilience.Option) Option {
	return func(o *options) { o.policy = append(o.policy, opts...) }
}

// New returns a client whose requests to target follow the policy in
// cfg, which must be valid. Redirects are returned, not followed: a service that
// is known by its name has no reason to send its callers, and their credentials,
// elsewhere. Close its idle connections when the service stops.
func New(target string, cfg Config, metrics *resilience.Metrics, log *slog.Logger, opts ...Option) *http.Client {
	o := options{
		trace: func(base http.RoundTripper) http.RoundTripper { return base },
		tls:   &tls.Config{MinVersion: tls.VersionTLS12},
	}
	for _, opt := range opts {
		opt(&o)
	}
	connections := newConnections(cfg, o.tls)
	policy := resilience.NewPolicy(target, cfg.Config, metrics, log, o.policy...)
	transport := NewTransport(o.trace(connections), policy, cfg.MaxResponseBytes)
	transport.closeIdle = connections.CloseIdleConnections // tracing hides it
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func newConnections(cfg Config, tlsConfig *tls.Config) *http.Transport {
	dialer := &net.Dialer{Timeout: cfg.DialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    cfg.TLSHandshakeTimeout,
		IdleConnTimeout:        cfg.IdleConnTimeout,
		MaxIdleConns:           0, // bounded per host
		MaxIdleConnsPerHost:    cfg.MaxIdleConnsPerHost,
		MaxConnsPerHost:        cfg.MaxConnsPerHost,
		MaxResponseHeaderBytes: cfg.MaxHeaderBytes,
		ForceAttemptHTTP2:      true,
	}
}

func check(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
