package resilience_test

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

	"goldpath.local/service/pkg/resilience"
	"goldpath.local/service/pkg/telemetry/telemetrytest"
)

func newClient(t testing.TB, cfg resilience.ClientConfig, opts ...resilience.ClientOption) *http.Client {
	client := resilience.NewHTTPClient("payments", cfg, newMetrics(), discard, opts...)
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
	client := newClient(t, resilience.DefaultClientConfig(), resilience.WithTracing(tel.Transport))

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
	status, _, err := get(t.Context(), newClient(t, resilience.DefaultClientConfig()), server.URL)
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

	client := newClient(t, resilience.DefaultClientConfig(), resilience.WithTLS(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	_, proto, err := get(t.Context(), client, server.URL)
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", proto)

	_, _, err = get(t.Context(), newClient(t, resilience.DefaultClientConfig()), server.URL)
	require.ErrorContains(t, err, "certificate")
	require.Equal(t, resilience.Failed, resilience.Classify(err), "trying again does not make it trusted")
}

func TestATargetThatIsNotThereOpensTheBreaker(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	cfg := resilience.DefaultClientConfig()
	cfg.Retry.InitialBackoff, cfg.Retry.MaxBackoff = time.Millisecond, time.Millisecond
	cfg.Breaker.MinCalls = 3
	client := newClient(t, cfg)
	var err error
	for range 3 {
		_, _, err = get(t.Context(), client, url)
	}
	require.ErrorContains(t, err, resilience.ReasonCircuitOpen)
	require.True(t, resilience.Refused(err))
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
	cfg := resilience.DefaultClientConfig()
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
	client := newClient(t, resilience.DefaultClientConfig(), resilience.WithPolicyOptions(
		resilience.WithClassifier(func(err error) resilience.Outcome { asked = true; return resilience.Classify(err) })))
	status, _, err := get(t.Context(), client, server.URL)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, status)
	require.True(t, asked)
}
