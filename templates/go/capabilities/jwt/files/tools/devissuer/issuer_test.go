package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newHandler(t *testing.T, now func() time.Time) http.Handler {
	t.Helper()
	i, err := newIssuer("http://127.0.0.1:8090", "ledger", now)
	require.NoError(t, err)
	return i.handler()
}

// inProcess lets a verifier ask a handler without a network.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// verifier trusts the issuer behind handler, as the service does.
func verifier(t *testing.T, handler http.Handler) *auth.Verifier {
	t.Helper()
	cfg := auth.DefaultConfig()
	cfg.Issuer, cfg.Audience = "http://127.0.0.1:8090", "ledger"
	cfg.JWKSURL = cfg.Issuer + "/.well-known/jwks.json"
	v, err := auth.New(cfg, prometheus.NewRegistry(), slog.New(slog.DiscardHandler), auth.WithTransport(inProcess{handler}))
	require.NoError(t, err)
	authtest.Run(t, v)
	require.Eventually(t, func() bool { return v.Ready(t.Context()) == nil }, 10*time.Second, time.Millisecond)
	return v
}

func post(handler http.Handler, form string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, req)
	return rec
}

func TestTokensAreWhatTheServiceAccepts(t *testing.T) {
	handler := newHandler(t, time.Now)
	form := url.Values{"sub": {"ada"}, "roles": {"reader editor"}, "scope": {"a b"}}
	answer := post(handler, form.Encode())
	require.Equal(t, http.StatusOK, answer.Code)

	caller, err := verifier(t, handler).Verify(t.Context(), answer.Body.String())
	require.NoError(t, err)
	require.Equal(t, "ada", caller.Subject)
	require.Equal(t, []string{"reader", "editor"}, caller.Roles)
	require.Equal(t, []string{"a", "b"}, caller.Scopes)
}

func TestTokensOfYesterdayAreRefused(t *testing.T) {
	handler := newHandler(t, func() time.Time { return time.Now().Add(-24 * time.Hour) })
	_, err := verifier(t, handler).Verify(t.Context(), post(handler, "").Body.String())
	require.ErrorIs(t, err, auth.ErrTokenExpired)
}

func TestLongFormsAreRefused(t *testing.T) {
	require.Equal(t, http.StatusBadRequest, post(newHandler(t, time.Now), "sub="+strings.Repeat("x", bodyLimit)).Code)
}

func TestTheIssuerRunsUntilItIsStopped(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0"}, log) }()
	cancel()
	require.NoError(t, <-ended)

	require.Error(t, run(t.Context(), []string{"-addr", "nonsense"}, log))
	require.Error(t, run(t.Context(), []string{"-port", "1"}, log))
}
