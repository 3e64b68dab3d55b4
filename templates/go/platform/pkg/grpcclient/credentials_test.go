package grpcclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/grpcclient"
	"goldpath.local/service/pkg/grpcserver"
)

// tokens is a source that is asked for every attempt.
type tokens struct {
	asked atomic.Int64
	err   error
}

func (s *tokens) Token(context.Context) (string, error) {
	s.asked.Add(1)
	return "t-123", s.err
}

// guarded is a server that wants the token.
func guarded(t *testing.T, impl *service, tls grpcserver.TLSConfig) *grpcserver.Server {
	return serve(t, impl, func(cfg *grpcserver.Config, opts *grpcserver.Options) {
		cfg.TLS = tls
		opts.Hooks.Authenticate = func(ctx context.Context, token string) (context.Context, error) {
			if token != "t-123" {
				return nil, apierror.New(apierror.Unauthenticated, "TOKEN_INVALID", "the token is not valid")
			}
			return ctx, nil
		}
	})
}

func TestTokensAreNotSentInTheClear(t *testing.T) {
	cfg, opts, _ := options("dns:///orders:9000")
	opts.Tokens = &tokens{}
	_, err := grpcclient.Dial("orders", cfg, opts)
	require.ErrorContains(t, err, "tokens need TLS")

	server := guarded(t, answers(ok), grpcserver.TLSConfig{})
	requireReason(t, dial(t, nil, server).call(t), apierror.Unauthenticated, "TOKEN_MISSING")
	allowed := dial(t, func(cfg *grpcclient.Config, opts *grpcclient.Options) {
		cfg.AllowInsecureTokens = true
		opts.Tokens = &tokens{}
	}, server)
	require.NoError(t, allowed.call(t))
}

func TestEveryAttemptHasAToken(t *testing.T) {
	source, impl := &tokens{}, failing(1, errDown)
	c := dial(t, func(cfg *grpcclient.Config, opts *grpcclient.Options) {
		cfg.AllowInsecureTokens, cfg.HealthCheck = true, false
		opts.Tokens = source
	}, guarded(t, impl, grpcserver.TLSConfig{}))
	require.NoError(t, c.call(t))
	require.Equal(t, int64(2), source.asked.Load())
}

func TestWithoutATokenNothingIsSent(t *testing.T) {
	tests := map[string]struct {
		err  error
		kind apierror.Kind
	}{
		"down":    {apierror.New(apierror.Unavailable, "AUTH_DOWN", "secret-7 of the client"), apierror.Unavailable},
		"refused": {apierror.New(apierror.Unauthenticated, "CLIENT_UNKNOWN", "secret-7"), apierror.Unauthenticated},
		"defect":  {errors.New("secret-7"), apierror.Internal},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			impl := answers(ok)
			c := dial(t, func(cfg *grpcclient.Config, opts *grpcclient.Options) {
				cfg.AllowInsecureTokens, cfg.HealthCheck = true, false
				opts.Tokens = &tokens{err: tc.err}
				opts.Idempotent = nil
			}, guarded(t, impl, grpcserver.TLSConfig{}))
			err := c.call(t)
			require.Equal(t, tc.kind, apierror.From(err).Kind)
			require.NotContains(t, apierror.From(err).Message, "secret-7")
			require.Zero(t, impl.count())
		})
	}
}

// writeIdentity writes a self-signed certificate and its key.
func writeIdentity(t *testing.T, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	dir := t.TempDir()
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(dir, file)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", keyDER)
}

func TestTokensAndCertificatesOverTLS(t *testing.T) {
	serverCert, serverKey := writeIdentity(t, "ledger.internal")
	clientCert, clientKey := writeIdentity(t, "orders")
	server := guarded(t, answers(ok), grpcserver.TLSConfig{CertFile: serverCert, KeyFile: serverKey, ClientCAFile: clientCert})
	secure := func(tls grpcclient.TLSConfig) *client {
		return dial(t, func(cfg *grpcclient.Config, opts *grpcclient.Options) {
			cfg.TLS = tls
			opts.Tokens = &tokens{}
		}, server)
	}
	full := grpcclient.TLSConfig{
		Enabled: true, CAFile: serverCert, CertFile: clientCert, KeyFile: clientKey, ServerName: "ledger.internal",
	}
	require.NoError(t, secure(full).call(t))

	wrongName := full
	wrongName.ServerName = "other.internal"
	requireReason(t, secure(wrongName).call(t), apierror.Unavailable, "UNAVAILABLE")
	nobody := full
	nobody.CertFile, nobody.KeyFile = "", ""
	require.Error(t, secure(nobody).call(t))

	cfg, opts, _ := options("dns:///ledger:9000")
	cfg.TLS = grpcclient.TLSConfig{Enabled: true, CAFile: serverKey}
	_, err := grpcclient.Dial("ledger", cfg, opts)
	require.ErrorContains(t, err, "no certificate in the file")
}
