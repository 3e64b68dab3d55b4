package auth_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
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

// subject is a verifier whose refresh runs, and what it shows to the outside.
type subject struct {
	*auth.Verifier

	registry *prometheus.Registry
	log      *logBuffer
}

// run starts a verifier inside a synctest bubble and lets it fetch once.
func run(t *testing.T, cfg auth.Config, transport http.RoundTripper) subject {
	t.Helper()
	s := subject{registry: prometheus.NewRegistry(), log: &logBuffer{}}
	verifier, err := auth.New(cfg, s.registry, slog.New(slog.NewTextHandler(s.log, nil)), auth.WithTransport(transport))
	require.NoError(t, err)
	s.Verifier = verifier
	authtest.Run(t, verifier)
	synctest.Wait()
	return s
}

// value returns the metric with the name and, unless it is "", the label value.
func (s subject) value(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := s.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := metric.GetLabel()
			if family.GetName() != name || label != "" && labels[0].GetValue() != label {
				continue
			}
			return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s %s", name, label)
	return 0
}

// pass lets virtual time go by and everything settle.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// document answers every request with a status and a body.
type document struct {
	status int
	body   string
}

func (d document) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: d.status,
		Header:     http.Header{"Location": {"https://elsewhere.example/keys"}},
		Body:       io.NopCloser(strings.NewReader(d.body)),
		Request:    r,
	}, nil
}

// keys returns a JWK Set as an answer.
func keys(t *testing.T, members ...map[string]any) document {
	t.Helper()
	body, err := json.Marshal(map[string]any{"keys": members})
	require.NoError(t, err)
	return document{http.StatusOK, string(body)}
}

func encode(octets []byte) string { return base64.RawURLEncoding.EncodeToString(octets) }

func newRegistry() *prometheus.Registry { return prometheus.NewRegistry() }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
