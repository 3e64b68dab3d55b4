package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"goldpath.local/service/internal/config"
	"goldpath.local/service/pkg/auth/authtest"
	"goldpath.local/service/pkg/lifecycle"
)

// An issuer that hangs delays no start and ends no process: the service is
// unready until it has keys, and stays ready when the issuer fails later.
func TestTheServiceIsReadyOnceItHasKeys(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	issuer.Hang()
	onFreePorts(t)
	t.Setenv("APP_AUTH_ISSUER", issuer.URL())
	t.Setenv("APP_AUTH_JWKS_URL", issuer.Config().JWKSURL)
	t.Setenv("APP_AUTH_FETCH_TIMEOUT", "20ms")
	t.Setenv("APP_AUTH_REFRESH_INTERVAL", "50ms")
	configs, err := config.NewStore()
	require.NoError(t, err)
	tel, err := newTelemetry(t.Context(), configs.Get(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	a := newApp(configs, slog.New(slog.DiscardHandler), tel)
	require.NoError(t, a.wireJWT())

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(stop)
	ready := func() bool {
		report, ready := a.probes.Readiness(t.Context())
		return ready && report.Checks["signing_keys"] == "ok"
	}
	require.Eventually(t, func() bool { return a.group.State() == lifecycle.Running }, 10*time.Second, time.Millisecond)
	require.False(t, ready())

	issuer.Recover()
	require.Eventually(t, ready, 10*time.Second, time.Millisecond)
	issuer.Hang()
	fetches := issuer.Fetches()
	require.Eventually(t, func() bool { return issuer.Fetches() > fetches+1 }, 10*time.Second, time.Millisecond)
	require.True(t, ready())

	stop()
	require.NoError(t, <-ended)
}
