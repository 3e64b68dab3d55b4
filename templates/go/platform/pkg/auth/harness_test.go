package auth_test

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
	"goldpath.local/service/pkg/metrics/metricstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// subject is a verifier whose refresh runs, and what it shows to the outside.
type subject struct {
	*auth.Verifier

	registry *prometheus.Registry
}

// run starts a verifier inside a synctest bubble and lets it fetch once.
func run(t *testing.T, cfg auth.Config, transport http.RoundTripper) subject {
	t.Helper()
	s := subject{registry: prometheus.NewRegistry()}
	verifier, err := auth.New(cfg, s.registry, discard(), auth.WithTransport(transport))
	require.NoError(t, err)
	s.Verifier = verifier
	authtest.Run(t, verifier)
	synctest.Wait()
	return s
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

func newRegistry() *prometheus.Registry { return prometheus.NewRegistry() }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
