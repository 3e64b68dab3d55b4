package grpcclient

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/retry"
)

// Config is a client of one service.
type Config struct {
	// Target says where the service is: "dns:///orders:9000" (a headless service
	// of Kubernetes, to see every instance), "static:///10.0.0.1:9000,10.0.0.2:9000"
	// or "passthrough:///localhost:9000".
	Target string `mapstructure:"target"`
	// MaxRecvBytes and MaxSendBytes bound one message.
	MaxRecvBytes int `mapstructure:"max_recv_bytes"`
	MaxSendBytes int `mapstructure:"max_send_bytes"`
	// ConnectTimeout bounds one attempt to connect.
	ConnectTimeout time.Duration `mapstructure:"connect_timeout"`
	// MaxReconnectDelay bounds the growing waits between attempts to connect.
	MaxReconnectDelay time.Duration `mapstructure:"max_reconnect_delay"`
	// Deadline says how long unary calls may take.
	Deadline DeadlineConfig `mapstructure:"deadline"`
	// Retry says how often calls of idempotent methods are made again.
	Retry RetryConfig `mapstructure:"retry"`
	// Breaker says when the service counts as down.
	Breaker resilience.BreakerConfig `mapstructure:"breaker"`
	// Bulkhead bounds the calls at once, streams included.
	Bulkhead resilience.BulkheadConfig `mapstructure:"bulkhead"`
	// Keepalive finds connections that are dead.
	Keepalive KeepaliveConfig `mapstructure:"keepalive"`
	// HealthCheck has instances watched, and left as soon as they say that they
	// are not SERVING, e.g. because they drain. It costs one stream each.
	HealthCheck bool `mapstructure:"health_check"`
	// TLS is off by default: within a mesh, the mesh encrypts.
	TLS TLSConfig `mapstructure:"tls"`
	// AllowInsecureTokens lets tokens travel without TLS. Only a mesh or a
	// developer's machine is a reason for it.
	AllowInsecureTokens bool `mapstructure:"allow_insecure_tokens"`
}

// DeadlineConfig says how long unary calls may take. Streams bring a deadline or
// have none.
type DeadlineConfig struct {
	// Default is given to calls whose context has no deadline.
	Default time.Duration `mapstructure:"default"`
	// Max shortens deadlines that are further away.
	Max time.Duration `mapstructure:"max"`
	// Reserve is left of the caller's own time, for an answer about a call that
	// was too slow.
	Reserve time.Duration `mapstructure:"reserve"`
}

// RetryConfig says how often a call of an idempotent method is made again when
// the service was Unavailable. gRPC itself does it: for streams too, as long as
// nothing has been received, and as the server asks it to (proposal A6).
type RetryConfig struct {
	// MaxAttempts bounds the attempts, the first one included: 1 to 5.
	MaxAttempts int `mapstructure:"max_attempts"`
	// InitialBackoff is the wait before the second attempt, give or take a fifth;
	// it doubles with every attempt.
	InitialBackoff time.Duration `mapstructure:"initial_backoff"`
	// MaxBackoff ends the doubling.
	MaxBackoff time.Duration `mapstructure:"max_backoff"`
	// Budget ends retries when too many calls fail: Burst failures in a row, or
	// more failures than Ratio of the successes in the long run.
	Budget retry.BudgetConfig `mapstructure:"budget"`
}

// KeepaliveConfig finds connections that are dead.
type KeepaliveConfig struct {
	// Time is how long a connection with calls may be silent before the server is
	// asked whether it is still there. It must not be less than the server's
	// grpc.keepalive.min_client_interval, or the server disconnects.
	Time time.Duration `mapstructure:"time"`
	// Timeout is how long the server has to answer.
	Timeout time.Duration `mapstructure:"timeout"`
}

// TLSConfig says whom to trust, and who to be.
type TLSConfig struct {
	// Enabled turns TLS on.
	Enabled bool `mapstructure:"enabled"`
	// CAFile is a PEM file of authorities; "" trusts those of the system.
	CAFile string `mapstructure:"ca_file"`
	// CertFile and KeyFile are a client certificate, read for every connection,
	// so that a renewed one is used.
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
	// ServerName is what the certificate of the server must say, if not the name
	// in the target.
	ServerName string `mapstructure:"server_name"`
}

// DefaultConfig returns a client for a service of the same cluster.
func DefaultConfig(target string) Config {
	policy := resilience.DefaultConfig()
	return Config{
		Target:            target,
		MaxRecvBytes:      4 << 20,
		MaxSendBytes:      4 << 20,
		ConnectTimeout:    5 * time.Second,
		MaxReconnectDelay: 5 * time.Second,
		Deadline:          DeadlineConfig{Default: 3 * time.Second, Max: 30 * time.Second, Reserve: policy.Timeout.Reserve},
		Retry: RetryConfig{
			MaxAttempts:    3,
			InitialBackoff: 50 * time.Millisecond,
			MaxBackoff:     time.Second,
			Budget:         policy.Retry.Budget,
		},
		Breaker:     policy.Breaker,
		Bulkhead:    policy.Bulkhead,
		Keepalive:   KeepaliveConfig{Time: 30 * time.Second, Timeout: 10 * time.Second},
		HealthCheck: true,
	}
}

// Validate reports everything that makes no sense, with keys relative to the
// section of the configuration that holds the client.
func (c Config) Validate() error {
	return errors.Join(
		validateTarget(c.Target),
		require(c.MaxRecvBytes > 0 && c.MaxSendBytes > 0, "max_recv_bytes and max_send_bytes must be positive"),
		require(c.ConnectTimeout > 0, "connect_timeout must be positive"),
		require(c.MaxReconnectDelay >= initialReconnectDelay, "max_reconnect_delay must be at least 100ms"),
		require(c.Deadline.Default > 0, "deadline.default must be positive"),
		require(c.Deadline.Max >= c.Deadline.Default, "deadline.max must not be less than deadline.default"),
		require(c.Deadline.Reserve >= 0, "deadline.reserve must not be negative"),
		c.Retry.validate(),
		c.Breaker.Validate(),
		c.Bulkhead.Validate(),
		require(c.Keepalive.Time >= leastKeepalive, "keepalive.time must be at least 10s"),
		require(c.Keepalive.Timeout > 0, "keepalive.timeout must be positive"),
		c.TLS.validate(),
	)
}

// leastKeepalive is what gRPC raises smaller times to.
const leastKeepalive = 10 * time.Second

// mostTokens is how many tokens gRPC allows in a retry budget; half of them can
// be spent.
const mostTokens = 1000

func (c RetryConfig) validate() error {
	if c.MaxAttempts == 1 {
		return nil
	}
	return errors.Join(
		require(c.MaxAttempts >= 1 && c.MaxAttempts <= 5, "retry.max_attempts must be between 1 and 5"),
		require(c.InitialBackoff > 0, "retry.initial_backoff must be positive"),
		require(c.MaxBackoff >= c.InitialBackoff, "retry.max_backoff must not be less than retry.initial_backoff"),
		require(c.Budget.Burst <= mostTokens/2, "retry.budget.burst must be at most 500"),
		c.Budget.Validate(),
	)
}

func (c TLSConfig) validate() error {
	return errors.Join(
		require((c.CertFile == "") == (c.KeyFile == ""), "tls.cert_file and tls.key_file go together"),
		require(c.Enabled || c == TLSConfig{}, "tls.enabled must be true for the other keys of tls to mean anything"),
	)
}

func validateTarget(target string) error {
	parsed, err := url.Parse(target)
	if err != nil || parsed.Path == "" || parsed.Path == "/" {
		return fmt.Errorf("target %q must be dns:///name:port, static:///address,address or passthrough:///address", target)
	}
	switch parsed.Scheme {
	case "dns", "passthrough":
		return nil
	case staticScheme:
		_, err := addresses(parsed.Path)
		return err
	default:
		return fmt.Errorf("target %q: unknown scheme %q (known: dns, static, passthrough)", target, parsed.Scheme)
	}
}

func require(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
