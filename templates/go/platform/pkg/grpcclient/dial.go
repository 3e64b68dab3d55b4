// Package grpcclient makes connections to other services: balanced, bounded,
// traced and measured, with deadlines, retries of what is idempotent, and a
// breaker. Errors are those of apierror, as they were where they came from, so
// status.Code and its like do not know them.
//
// A call goes through these, from the outside in:
//
//	measure    counts the call, whatever becomes of it
//	deadline   unary calls have one
//	policy     the time of the caller, breaker, bulkhead (see resilience)
//	mapErrors  from here on outwards, errors are those of apierror
//	requestID  the id of the request that is being handled travels along
//	(gRPC)     balancing, retries, the token, the span of every attempt
//
// gRPC retries, inside of the breaker, because only it knows whether a call has
// reached the server; so the breaker judges calls, not attempts.
package grpcclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // what HealthCheck works with
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror/grpcstatus"
	"goldpath.local/service/pkg/resilience"
)

// Options are what a client works with. Log, Metrics and Resilience are required.
type Options struct {
	// Log gets the changes of the breaker.
	Log *slog.Logger
	// Metrics measures calls.
	Metrics *Metrics
	// Resilience measures breaker and bulkhead.
	Resilience *resilience.Metrics
	// Telemetry traces calls; nil does not.
	Telemetry Telemetry
	// Tokens says who calls; nil is nobody.
	Tokens TokenSource
	// Idempotent names the methods that may be retried: full names
	// ("/package.Service/Method"), or all of a service ("/package.Service/*"). See
	// DeclaredIdempotent.
	Idempotent []string
	// Dialer replaces how connections are made; tests connect in memory.
	Dialer func(ctx context.Context, address string) (net.Conn, error)
}

const initialReconnectDelay = 100 * time.Millisecond

// Dial returns a connection to a service, whose name is the label of metrics and
// in logs. It connects when it is first used; the caller closes it. cfg must be
// valid.
func Dial(name string, cfg Config, opts Options) (*grpc.ClientConn, error) {
	dialOpts, err := dialOptions(name, cfg, opts)
	if err != nil {
		return nil, fmt.Errorf("client of %s: %w", name, err)
	}
	conn, err := grpc.NewClient(cfg.Target, dialOpts...)
	if err != nil {
		return nil, fmt.Errorf("client of %s: %w", name, err)
	}
	return conn, nil
}

func dialOptions(name string, cfg Config, opts Options) ([]grpc.DialOption, error) {
	config, err := newServiceConfig(cfg, opts.Idempotent)
	if err != nil {
		return nil, err
	}
	transport, err := transportCredentials(cfg.TLS)
	if err != nil {
		return nil, err
	}
	calls := newCaller(name, cfg, opts)
	list := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithResolvers(staticResolver{}),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithDisableServiceConfig(), // name servers do not configure services
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(cfg.MaxRecvBytes),
			grpc.MaxCallSendMsgSize(cfg.MaxSendBytes),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: cfg.Keepalive.Time, Timeout: cfg.Keepalive.Timeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: initialReconnectDelay, Multiplier: 1.6, Jitter: 0.2, MaxDelay: cfg.MaxReconnectDelay,
			},
			MinConnectTimeout: cfg.ConnectTimeout,
		}),
		grpc.WithStatsHandler(attemptCounter{opts.Metrics, name}),
		tracing(opts.Telemetry),
		grpc.WithChainUnaryInterceptor(calls.unary),
		grpc.WithChainStreamInterceptor(calls.stream),
	}
	if opts.Dialer != nil {
		list = append(list, grpc.WithContextDialer(opts.Dialer))
	}
	if opts.Tokens != nil {
		if !cfg.TLS.Enabled && !cfg.AllowInsecureTokens {
			return nil, errInsecureTokens
		}
		list = append(list, grpc.WithPerRPCCredentials(bearer{opts.Tokens, !cfg.AllowInsecureTokens}))
	}
	return list, nil
}

// TokenSource says who calls.
type TokenSource interface {
	// Token returns a bearer token that is valid now. It is asked for every
	// attempt and must be quick: sources keep what they have got.
	Token(ctx context.Context) (string, error)
}

// errInsecureTokens is a client that would send tokens for everybody to read.
var errInsecureTokens = errors.New("tokens need TLS, or allow_insecure_tokens where something else encrypts")

// bearer sends the token of a source with every call.
type bearer struct {
	source TokenSource
	secure bool
}

// GetRequestMetadata returns the authorization of one attempt (RFC 6750, 2.1).
func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b.source.Token(ctx)
	if err != nil {
		return nil, status.Error(grpcstatus.CodeOf(err), "get token: "+err.Error())
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity has gRPC refuse to send tokens in the clear.
func (b bearer) RequireTransportSecurity() bool { return b.secure }

// transportCredentials returns how connections are made safe.
func transportCredentials(cfg TLSConfig) (credentials.TransportCredentials, error) {
	if !cfg.Enabled {
		return insecure.NewCredentials(), nil
	}
	config := &tls.Config{ServerName: cfg.ServerName, MinVersion: tls.VersionTLS12}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("load authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("load authorities: no certificate in the file")
		}
	}
	if cfg.CertFile != "" {
		if _, err := cfg.certificate(); err != nil {
			return nil, err
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return cfg.certificate()
		}
	}
	return credentials.NewTLS(config), nil
}

func (c TLSConfig) certificate() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load client certificate: %w", err)
	}
	return &pair, nil
}
