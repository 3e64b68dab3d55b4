package grpcserver

import (
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"goldpath.local/service/pkg/grpcserver/interceptor"
)

// Config bounds what clients can take from the server, and what they must send.
type Config struct {
	// Addr is where to listen, e.g. ":9000"; port 0 takes a free one.
	Addr string `mapstructure:"addr"`
	// MaxRecvBytes and MaxSendBytes bound one message.
	MaxRecvBytes int `mapstructure:"max_recv_bytes"`
	MaxSendBytes int `mapstructure:"max_send_bytes"`
	// MaxHeaderBytes bounds the metadata of a call.
	MaxHeaderBytes uint32 `mapstructure:"max_header_bytes"`
	// MaxConcurrentStreams bounds the calls at once on one connection.
	MaxConcurrentStreams uint32 `mapstructure:"max_concurrent_streams"`
	// ConnectionTimeout bounds the handshakes of a new connection.
	ConnectionTimeout time.Duration `mapstructure:"connection_timeout"`
	// Keepalive says when connections end.
	Keepalive KeepaliveConfig `mapstructure:"keepalive"`
	// Deadline says how long unary calls may take.
	Deadline interceptor.DeadlineConfig `mapstructure:"deadline"`
	// PublicMethods are called without authentication and authorisation: full
	// names ("/package.Service/Method"), or all of a service ("/package.Service/*").
	PublicMethods []string `mapstructure:"public_methods"`
	// Reflection lets tools such as grpcurl ask for the API.
	Reflection bool `mapstructure:"reflection"`
	// HealthInterval is how old an answer about the health of the service may be.
	HealthInterval time.Duration `mapstructure:"health_interval"`
	// TLS is off when it names no files, e.g. within a mesh.
	TLS TLSConfig `mapstructure:"tls"`
}

// KeepaliveConfig says when connections end.
type KeepaliveConfig struct {
	// MaxConnectionIdle ends connections without calls.
	MaxConnectionIdle time.Duration `mapstructure:"max_connection_idle"`
	// MaxConnectionAge asks clients to reconnect, give or take a tenth, so that
	// they find new instances: connections are what is balanced, not calls.
	MaxConnectionAge time.Duration `mapstructure:"max_connection_age"`
	// MaxConnectionAgeGrace is what calls in flight have left then. It bounds the
	// life of streams, together with MaxConnectionAge.
	MaxConnectionAgeGrace time.Duration `mapstructure:"max_connection_age_grace"`
	// Time is how long a connection may be silent before the client is asked
	// whether it is still there.
	Time time.Duration `mapstructure:"time"`
	// Timeout is how long the client has to answer.
	Timeout time.Duration `mapstructure:"timeout"`
	// MinClientInterval is how often clients may ask in turn; those who ask more
	// often are disconnected. Their keepalive.time must not be less.
	MinClientInterval time.Duration `mapstructure:"min_client_interval"`
}

// TLSConfig names PEM files. They are read again when they change.
type TLSConfig struct {
	// CertFile and KeyFile are the certificate of the server, with its chain.
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
	// ClientCAFile, when set, makes clients show a certificate of one of these
	// authorities.
	ClientCAFile string `mapstructure:"client_ca_file"`
}

// Enabled reports whether the server speaks TLS.
func (c TLSConfig) Enabled() bool { return c.CertFile != "" || c.KeyFile != "" || c.ClientCAFile != "" }

// DefaultConfig returns a server within a cluster.
func DefaultConfig() Config {
	return Config{
		Addr:                 ":9000",
		MaxRecvBytes:         4 << 20,
		MaxSendBytes:         4 << 20,
		MaxHeaderBytes:       32 << 10,
		MaxConcurrentStreams: 256,
		ConnectionTimeout:    10 * time.Second,
		Keepalive: KeepaliveConfig{
			MaxConnectionIdle:     10 * time.Minute,
			MaxConnectionAge:      5 * time.Minute,
			MaxConnectionAgeGrace: 30 * time.Second,
			Time:                  time.Minute,
			Timeout:               10 * time.Second,
			MinClientInterval:     10 * time.Second,
		},
		Deadline:       interceptor.DeadlineConfig{Default: 5 * time.Second, Max: 30 * time.Second},
		PublicMethods:  interceptor.ProbeMethods(),
		HealthInterval: time.Second,
	}
}

// Validate reports everything that makes no sense.
func (c Config) Validate() error {
	return errors.Join(
		require(c.Addr != "", "grpc.addr is required"),
		require(c.MaxRecvBytes > 0 && c.MaxSendBytes > 0, "grpc.max_recv_bytes and grpc.max_send_bytes must be positive"),
		require(c.MaxHeaderBytes > 0 && c.MaxHeaderBytes < math.MaxInt32, "grpc.max_header_bytes must be positive"),
		require(c.MaxConcurrentStreams > 0, "grpc.max_concurrent_streams must be positive"),
		require(c.ConnectionTimeout > 0, "grpc.connection_timeout must be positive"),
		require(c.HealthInterval > 0, "grpc.health_interval must be positive"),
		require(!slices.ContainsFunc(c.PublicMethods, badPattern), "grpc.public_methods must be /package.Service/Method or /package.Service/*"),
		c.Keepalive.validate(),
		c.Deadline.Validate(),
		c.TLS.validate(),
	)
}

func (c KeepaliveConfig) validate() error {
	shortest := min(c.MaxConnectionIdle, c.MaxConnectionAge, c.MaxConnectionAgeGrace, c.Time, c.Timeout, c.MinClientInterval)
	return require(shortest > 0, "the durations in grpc.keepalive must be positive")
}

func (c TLSConfig) validate() error {
	if !c.Enabled() {
		return nil
	}
	return require(c.CertFile != "" && c.KeyFile != "", "grpc.tls needs cert_file and key_file")
}

func badPattern(pattern string) bool {
	service, method, ok := strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
	return !strings.HasPrefix(pattern, "/") || !ok || service == "" || method == "" || strings.Contains(method, "/") ||
		(strings.Contains(pattern, "*") && (method != "*" || strings.Contains(service, "*")))
}

func require(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
