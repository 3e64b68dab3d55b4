package jwks_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/auth/jwks"
	"goldpath.local/service/pkg/metrics/metricstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logBuffer is a log that a test can read while the verifier writes.
type logBuffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

// subject is a cache whose refresh runs, and what it shows to the outside.
type subject struct {
	*jwks.Cache

	registry *prometheus.Registry
	log      *logBuffer
}

// config returns bounds like those of a service.
func config() jwks.Config {
	return jwks.Config{
		URL:                "https://issuer.example/.well-known/jwks.json",
		Algorithms:         []string{"EdDSA", "ES256", "RS256"},
		RefreshInterval:    15 * time.Minute,
		UnknownKeyInterval: 10 * time.Second,
		UnknownKeyWait:     250 * time.Millisecond,
		FetchTimeout:       5 * time.Second,
		MaxResponseBytes:   64 << 10,
		MaxKeys:            32,
	}
}

// run starts a cache inside a synctest bubble and lets it fetch once.
func run(t *testing.T, cfg jwks.Config, transport http.RoundTripper) subject {
	t.Helper()
	s := create(cfg, transport)
	s.start(t)
	synctest.Wait()
	return s
}

// create returns a cache that does not run yet.
func create(cfg jwks.Config, transport http.RoundTripper) subject {
	s := subject{registry: prometheus.NewRegistry(), log: &logBuffer{}}
	cfg.Transport = transport
	s.Cache = jwks.New(cfg, s.registry, slog.New(slog.NewTextHandler(s.log, nil)))
	return s
}

// start runs the cache until the test ends.
func (s subject) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
}

// value returns the metric with the name and the values of labels.
func (s subject) value(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	return metricstest.Value(t, s.registry, name, labels...)
}

// pass lets virtual time go by and everything settle.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func encode(octets []byte) string { return base64.RawURLEncoding.EncodeToString(octets) }
