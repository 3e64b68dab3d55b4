package grpcserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// reloadInterval is how often a handshake looks whether the files have changed.
const reloadInterval = 10 * time.Second

// certificates holds what the files of a TLSConfig hold. Certificates are renewed
// while servers run, so the files are looked at again from time to time; when they
// cannot be used, what was read before stays.
type certificates struct {
	cfg TLSConfig

	mu      sync.Mutex // guards what follows
	config  *tls.Config
	checked time.Time
	stamp   [3]time.Time
}

// transportSecurity returns the option for cfg; without files there is none.
func transportSecurity(cfg TLSConfig) (grpc.ServerOption, error) {
	if !cfg.Enabled() {
		return grpc.EmptyServerOption{}, nil
	}
	c, err := newCertificates(cfg)
	if err != nil {
		return nil, err
	}
	return grpc.Creds(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return c.current(), nil
		},
	})), nil
}

func newCertificates(cfg TLSConfig) (*certificates, error) {
	c := &certificates{cfg: cfg, checked: time.Now(), stamp: cfg.changed()}
	var err error
	c.config, err = cfg.load()
	return c, err
}

func (c *certificates) current() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) < reloadInterval {
		return c.config
	}
	c.checked = time.Now()
	stamp := c.cfg.changed()
	if stamp == c.stamp {
		return c.config
	}
	if config, err := c.cfg.load(); err == nil {
		c.config, c.stamp = config, stamp
	}
	return c.config
}

// changed returns when the files were written.
func (c TLSConfig) changed() (stamp [3]time.Time) {
	for i, path := range []string{c.CertFile, c.KeyFile, c.ClientCAFile} {
		if info, err := os.Stat(path); err == nil {
			stamp[i] = info.ModTime()
		}
	}
	return stamp
}

func (c TLSConfig) load() (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2"},
	}
	if c.ClientCAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("load client authorities: %w", err)
	}
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("load client authorities: no certificate in the file")
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, nil
}
