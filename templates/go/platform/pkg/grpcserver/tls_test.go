package grpcserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"

	"goldpath.local/service/pkg/grpcserver"
)

// identity is a self-signed certificate, in files and in memory.
type identity struct {
	cert, key string
	pair      tls.Certificate
	pool      *x509.CertPool
}

func newIdentity(t *testing.T, dir, name string) identity {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})

	i := identity{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), pool: x509.NewCertPool()}
	require.NoError(t, os.WriteFile(i.cert, certPEM, 0o600))
	require.NoError(t, os.WriteFile(i.key, keyPEM, 0o600))
	i.pair, err = tls.X509KeyPair(certPEM, keyPEM)
	require.NoError(t, err)
	i.pool.AppendCertsFromPEM(certPEM)
	return i
}

// secure runs a server with these files and returns a call over TLS.
func secure(t *testing.T, files grpcserver.TLSConfig) func(client *tls.Config) error {
	f := build(t, answer(ok), func(cfg *grpcserver.Config, _ *grpcserver.Options) { cfg.TLS = files })
	require.NoError(t, f.server.Start(t.Context()))
	t.Cleanup(func() { f.stop(t) })
	return func(client *tls.Config) error {
		conn, err := grpc.NewClient(f.server.Addr(), grpc.WithTransportCredentials(credentials.NewTLS(client)))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = testgrpc.NewTestServiceClient(conn).UnaryCall(t.Context(), &testgrpc.SimpleRequest{})
		return err
	}
}

func TestTheServerSpeaksTLS(t *testing.T) {
	server := newIdentity(t, t.TempDir(), "server")
	call := secure(t, grpcserver.TLSConfig{CertFile: server.cert, KeyFile: server.key})
	require.NoError(t, call(&tls.Config{RootCAs: server.pool}))
	require.Equal(t, codes.Unavailable, status.Code(call(&tls.Config{})), "whom the client does not know")
}

func TestClientsShowTheirCertificate(t *testing.T) {
	server, client := newIdentity(t, t.TempDir(), "server"), newIdentity(t, t.TempDir(), "client")
	call := secure(t, grpcserver.TLSConfig{CertFile: server.cert, KeyFile: server.key, ClientCAFile: client.cert})
	require.NoError(t, call(&tls.Config{RootCAs: server.pool, Certificates: []tls.Certificate{client.pair}}))
	require.Error(t, call(&tls.Config{RootCAs: server.pool}))
	require.Error(t, call(&tls.Config{RootCAs: server.pool, Certificates: []tls.Certificate{server.pair}}))
}

func TestFilesThatCannotBeUsedAreRefused(t *testing.T) {
	server := newIdentity(t, t.TempDir(), "server")
	tests := map[string]struct {
		files grpcserver.TLSConfig
		want  string
	}{
		"no certificate": {grpcserver.TLSConfig{CertFile: "missing.pem", KeyFile: server.key}, "load certificate"},
		"no authorities": {grpcserver.TLSConfig{CertFile: server.cert, KeyFile: server.key, ClientCAFile: "missing.pem"}, "load client authorities"},
		"only a key":     {grpcserver.TLSConfig{CertFile: server.cert, KeyFile: server.key, ClientCAFile: server.key}, "no certificate in the file"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := grpcserver.DefaultConfig()
			cfg.TLS = tc.files
			_, err := grpcserver.New("grpc", cfg, grpcserver.Options{})
			require.ErrorContains(t, err, tc.want)
		})
	}
}

// A certificate that is renewed on disk is used within seconds; one that is
// half-written is not.
func TestARenewedCertificateIsUsed(t *testing.T) {
	dir := t.TempDir()
	first := newIdentity(t, dir, "first")
	synctest.Test(t, func(t *testing.T) {
		serving, err := grpcserver.Certificates(grpcserver.TLSConfig{CertFile: first.cert, KeyFile: first.key})
		require.NoError(t, err)
		require.Equal(t, first.pair.Certificate, serving())

		require.NoError(t, os.WriteFile(first.cert, []byte("half"), 0o600))
		touch(t, first.cert, time.Minute)
		time.Sleep(time.Minute)
		require.Equal(t, first.pair.Certificate, serving(), "the old one stays")

		second := newIdentity(t, dir, "second")
		touch(t, first.cert, 2*time.Minute)
		require.Equal(t, first.pair.Certificate, serving(), "files are not looked at for every handshake")
		time.Sleep(time.Minute)
		require.Equal(t, second.pair.Certificate, serving())
	})
}

func touch(t *testing.T, path string, later time.Duration) {
	t.Helper()
	at := time.Now().Add(later)
	require.NoError(t, os.Chtimes(path, at, at))
}
