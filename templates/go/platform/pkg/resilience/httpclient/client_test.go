package httpclient_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/resilience/httpclient"
	"goldpath.local/service/pkg/resilience/outcome"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func newClient(t testing.TB, cfg httpclient.Config, opts ...httpclient.Option) *http.Client {
	client := httpclient.New("payments", cfg, newMetrics(), discard, opts...)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func get(ctx context.Context, client *http.Client, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

func TestTheClientRetriesAndEachAttemptIsASpan(t *testing.T) {
	tel, recorder := telemetrytest.Recording(t)
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, r.Header.Get("Traceparent"))
	}))
	defer server.Close()
	client := newClient(t, httpclient.DefaultConfig(), httpclient.WithTracing(tel.Transport))

	ctx, root := tel.TracerProvider().Tracer("test").Start(t.Context(), "caller")
	status, text, err := get(ctx, client, server.URL)
	root.End()
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, root.SpanContext().TraceID().String())
	require.Len(t, recorder.Ended(), 3, "two attempts and the caller")
}

func TestRedirectsAreReturned(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("http://elsewhere.invalid/", http.StatusFound))
	defer server.Close()
	status, _, err := get(t.Context(), newClient(t, httpclient.DefaultConfig()), server.URL)
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, status)
}

func TestTheClientSpeaksTLSAndHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	client := newClient(t, httpclient.DefaultConfig(), httpclient.WithTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	_, proto, err := get(t.Context(), client, server.URL)
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", proto)

	_, _, err = get(t.Context(), newClient(t, httpclient.DefaultConfig()), server.URL)
	require.ErrorContains(t, err, "certificate")
	require.Equal(t, outcome.Failed, outcome.Classify(err), "trying again does not make it trusted")
}

func TestATargetThatIsNotThereOpensTheBreaker(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	cfg := httpclient.DefaultConfig()
	cfg.Retry.InitialBackoff, cfg.Retry.MaxBackoff = time.Millisecond, time.Millisecond
	cfg.Breaker.MinCalls = 3
	client := newClient(t, cfg)
	var err error
	for range 3 {
		_, _, err = get(t.Context(), client, url)
	}
	require.ErrorContains(t, err, resilience.ReasonCircuitOpen)
	require.True(t, outcome.Refused(err))
}

func TestConnectionsAreReusedAndBounded(t *testing.T) {
	var (
		mu          sync.Mutex
		connections = map[string]bool{}
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		connections[r.RemoteAddr] = true
		mu.Unlock()
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = fmt.Fprint(w, "slow down")
	}))
	defer server.Close()
	cfg := httpclient.DefaultConfig()
	cfg.MaxConnsPerHost, cfg.MaxIdleConnsPerHost = 2, 2
	cfg.Retry.InitialBackoff, cfg.Retry.MaxBackoff = time.Millisecond, time.Millisecond
	client := newClient(t, cfg)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			status, _, err := get(t.Context(), client, server.URL)
			if err != nil || status != http.StatusTooManyRequests {
				t.Errorf("status %d, error %v", status, err)
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, len(connections), 2, "discarded answers give their connection back")
}

func TestPolicyOptionsReachThePolicy(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	asked := false
	client := newClient(t, httpclient.DefaultConfig(), httpclient.WithPolicyOptions(
		resilience.WithClassifier(func(err error) outcome.Outcome { asked = true; return outcome.Classify(err) })))
	status, _, err := get(t.Context(), client, server.URL)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, status)
	require.True(t, asked)
}

func TestConfigNamesEveryMistake(t *testing.T) {
	require.NoError(t, httpclient.DefaultConfig().Validate())
	tests := map[string]func(*httpclient.Config){
		"timeout.total":           func(c *httpclient.Config) { c.Timeout.Total = 0 },
		"dial_timeout":            func(c *httpclient.Config) { c.DialTimeout = 0 },
		"tls_handshake_timeout":   func(c *httpclient.Config) { c.TLSHandshakeTimeout = 0 },
		"idle_conn_timeout":       func(c *httpclient.Config) { c.IdleConnTimeout = 0 },
		"max_idle_conns_per_host": func(c *httpclient.Config) { c.MaxIdleConnsPerHost = 0 },
		"max_conns_per_host":      func(c *httpclient.Config) { c.MaxConnsPerHost = 1 },
		"max_header_bytes":        func(c *httpclient.Config) { c.MaxHeaderBytes = 0 },
		"max_response_bytes":      func(c *httpclient.Config) { c.MaxResponseBytes = 0 },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			cfg := httpclient.DefaultConfig()
			spoil(&cfg)
			require.ErrorContains(t, cfg.Validate(), want)
		})
	}
}

// The configuration of a client is one section, and can be set by environment.
func TestTheConfigurationIsLoaded(t *testing.T) {
	type service struct {
		Payments httpclient.Config `mapstructure:"payments"`
	}
	t.Setenv("APP_PAYMENTS_RETRY_BUDGET_RATIO", "0.25")
	t.Setenv("APP_PAYMENTS_TIMEOUT_TOTAL", "7s")
	t.Setenv("APP_PAYMENTS_DIAL_TIMEOUT", "3s")
	defaults := service{Payments: httpclient.DefaultConfig()}
	loaded, err := config.Load(defaults, config.Options{EnvPrefix: "APP"})
	require.NoError(t, err)

	want := httpclient.DefaultConfig()
	want.Retry.Budget.Ratio = 0.25
	want.Timeout.Total = 7 * time.Second
	want.DialTimeout = 3 * time.Second
	require.Equal(t, want, loaded.Payments)
}
