package grpcclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/apierror/grpcstatus"
)

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
